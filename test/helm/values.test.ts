import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, helmTemplate, objectOf, podsOf, rendered } from './chart.ts';
import { type KubernetesObject, schemaFindings } from './kubernetes-objects.ts';

type Objects = readonly KubernetesObject[];
/** The value, what else must be set for it to show, where it shows, and as what, when not as itself. */
type Case = readonly [
  value: unknown,
  beside: object,
  seen: (objects: Objects) => unknown,
  expected?: unknown,
];

const pod = (objects: Objects): any => podsOf(objects)[0]!.spec;
const main = (objects: Objects): any => pod(objects).containers[0];
const git = (objects: Objects): any => pod(objects).initContainers[0];
const spec =
  (kind: string, ending = '') =>
  (objects: Objects): any =>
    objectOf(objects, kind, ending)['spec'];
const metadata =
  (kind: string, ending = '') =>
  (objects: Objects): any =>
    objectOf(objects, kind, ending).metadata;
const settings = (objects: Objects): any =>
  parse(objectOf(objects, 'ConfigMap', '-settings')['data']['logpushd.yaml']);
const volume =
  (name: string) =>
  (objects: Objects): any =>
    pod(objects).volumes.find((one: any) => one.name === name);
const kinds = (objects: Objects): readonly string[] => objects.map(({ kind }) => kind);
const has =
  (kind: string) =>
  (objects: Objects): boolean =>
    kinds(objects).includes(kind);
const envOf =
  (name: string) =>
  (objects: Objects): unknown =>
    main(objects).env.find((one: any) => one.name === name)?.value;

const CRON = { cronJob: { enabled: true } };
const CLUSTER = { state: 'cluster' };
const WATCH = { manifest: { watchConfigMaps: true } };
const RULES = { metrics: { prometheusRule: { enabled: true } } };
const BOARD = { metrics: { dashboard: { enabled: true } } };
const mounts = (objects: Objects): readonly string[] =>
  main(objects).volumeMounts.map(({ name }: { name: string }) => name);
const rulesOf = (objects: Objects): any => objectOf(objects, 'Role')['rules'];

/** A monitor has the same values as the other one, and shows them in the list of its own name. */
function monitorCases(
  name: 'serviceMonitor' | 'podMonitor',
  find: (objects: Objects) => readonly [monitor: KubernetesObject, endpoints: string],
): Readonly<Record<string, Case>> {
  const on = { metrics: { [name]: { enabled: true } } };
  const endpoint = (objects: Objects): any => {
    const [monitor, endpoints] = find(objects);
    return monitor['spec'][endpoints][0];
  };
  const labeldrop = [{ action: 'labeldrop', regex: 'pod' }];
  return {
    [`metrics.${name}.enabled`]: [
      true,
      {},
      (o) => [endpoint(o).port, endpoint(o).path],
      ['http', '/metrics'],
    ],
    [`metrics.${name}.interval`]: ['7s', on, (o) => endpoint(o).interval],
    [`metrics.${name}.scrapeTimeout`]: ['3s', on, (o) => endpoint(o).scrapeTimeout],
    [`metrics.${name}.labels`]: [
      LABELS,
      on,
      (o) => find(o)[0].metadata.labels,
      expect.objectContaining(LABELS),
    ],
    [`metrics.${name}.relabelings`]: [labeldrop, on, (o) => endpoint(o).relabelings],
    [`metrics.${name}.metricRelabelings`]: [labeldrop, on, (o) => endpoint(o).metricRelabelings],
  };
}
const rule =
  (name: string) =>
  (objects: Objects): any =>
    spec('PrometheusRule')(objects)
      .groups.flatMap(({ rules }: any) => rules)
      .find(({ alert }: any) => alert === name);
const GIT = { manifest: { git: { url: 'https://git.example/a.git', image: { repository: 'git-sync' } } } };
const PEER = { ipBlock: { cidr: '10.1.2.3/32' } };
const DIGEST = `sha256:${'a'.repeat(64)}`;
const LABELS = { some: 'label' };
const RESOURCES = { requests: { cpu: '1m', memory: '1Mi' }, limits: { memory: '2Mi' } };
const probe = (name: string) => (objects: Objects) => main(objects)[`${name}Probe`];

const CASES: Readonly<Record<string, Case>> = {
  settings: [
    { mode: 'warn', log: { level: 'debug' } },
    {},
    settings,
    expect.objectContaining({ mode: 'warn', log: { level: 'debug' } }),
  ],
  replicas: [
    3,
    CLUSTER,
    (o) => [
      spec('Deployment')(o).replicas,
      spec('Deployment')(o).strategy,
      settings(o).leader_election,
      metadata('Lease')(o).name,
    ],
    [
      3,
      { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      { enabled: true, lease_name: 'logs-logpushd' },
      'logs-logpushd',
    ],
  ],

  'cronJob.enabled': [
    true,
    {},
    (o) => [has('CronJob')(o), has('Deployment')(o), has('Service')(o)],
    [true, false, false],
  ],
  'cronJob.schedule': ['1 2 3 4 5', CRON, (o) => spec('CronJob')(o).schedule],
  'cronJob.timeZone': ['Europe/Berlin', CRON, (o) => spec('CronJob')(o).timeZone],
  'cronJob.suspend': [true, CRON, (o) => spec('CronJob')(o).suspend],
  'cronJob.startingDeadlineSeconds': [77, CRON, (o) => spec('CronJob')(o).startingDeadlineSeconds],
  'cronJob.activeDeadlineSeconds': [
    77,
    CRON,
    (o) => spec('CronJob')(o).jobTemplate.spec.activeDeadlineSeconds,
  ],
  'cronJob.backoffLimit': [2, CRON, (o) => spec('CronJob')(o).jobTemplate.spec.backoffLimit],
  'cronJob.successfulJobsHistoryLimit': [7, CRON, (o) => spec('CronJob')(o).successfulJobsHistoryLimit],
  'cronJob.failedJobsHistoryLimit': [7, CRON, (o) => spec('CronJob')(o).failedJobsHistoryLimit],

  'cloudflare.existingSecret': ['my-token', {}, (o) => volume('cloudflare')(o).secret.secretName],
  'cloudflare.tokenKey': [
    'api-token',
    {},
    (o) => volume('cloudflare')(o).secret.items,
    [{ key: 'api-token', path: 'token' }],
  ],

  'manifest.configMaps': [
    ['a', 'b.c'],
    {},
    (o) => settings(o).manifest,
    ['/etc/logpushd/manifest/a', '/etc/logpushd/manifest/b.c'],
  ],
  'manifest.inline': [
    { 'a.yaml': { version: 1 } },
    {},
    (o) => objectOf(o, 'ConfigMap', '-manifest')['data'],
    { 'a.yaml': 'version: 1' },
  ],
  'manifest.watchConfigMaps': [
    true,
    { manifest: { configMaps: ['a', 'b.c'] } },
    (o) => [settings(o).manifest, mounts(o).filter((name) => name.startsWith('manifest')), rulesOf(o)],
    [
      { kubernetes: { configMaps: ['a', 'b.c'] } },
      [],
      [
        {
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: ['a', 'b.c'],
          verbs: ['get', 'list', 'watch'],
        },
      ],
    ],
  ],
  'manifest.git.url': [
    'git@git.example:a.git',
    GIT,
    (o) => git(o).args,
    expect.arrayContaining(['--repo=git@git.example:a.git']),
  ],
  'manifest.git.ref': ['v2', GIT, (o) => git(o).args, expect.arrayContaining(['--ref=v2'])],
  'manifest.git.path': [
    'logs/prod',
    GIT,
    (o) => settings(o).manifest,
    ['/etc/logpushd/manifest/git/current/logs/prod'],
  ],
  'manifest.git.intervalSeconds': [9, GIT, (o) => git(o).args, expect.arrayContaining(['--period=9s'])],
  'manifest.git.auth': [
    'ssh',
    { manifest: { git: { ...GIT.manifest.git, existingSecret: 'key' } } },
    (o) => git(o).args,
    expect.arrayContaining(['--ssh-key-file=/etc/git-auth/ssh']),
  ],
  'manifest.git.existingSecret': [
    'key',
    { manifest: { git: { ...GIT.manifest.git, auth: 'password' } } },
    (o) => volume('git-auth')(o).secret.secretName,
  ],
  'manifest.git.image.registry': ['r.example', GIT, (o) => git(o).image, 'r.example/git-sync:v4.4.2'],
  'manifest.git.image.repository': ['mirror/gs', GIT, (o) => git(o).image, 'mirror/gs:v4.4.2'],
  'manifest.git.image.tag': ['v4.4.0', GIT, (o) => git(o).image, 'git-sync:v4.4.0'],
  'manifest.git.image.digest': [DIGEST, GIT, (o) => git(o).image, `git-sync:v4.4.2@${DIGEST}`],
  'manifest.git.image.pullPolicy': ['Always', GIT, (o) => git(o).imagePullPolicy],
  'manifest.git.extraArgs': [
    ['--submodules=off'],
    GIT,
    (o) => git(o).args,
    expect.arrayContaining(['--submodules=off']),
  ],
  'manifest.git.resources': [RESOURCES, GIT, (o) => git(o).resources],

  secrets: [
    [{ name: 'a' }, { name: 'b', optional: true }],
    {},
    (o) => volume('secrets')(o).projected.sources,
    [{ secret: { name: 'a' } }, { secret: { name: 'b', optional: true } }],
  ],
  'http.host': ['::', {}, (o) => settings(o).http, '[::]:8080'],
  'http.existingSecret': [
    'who',
    {},
    (o) => [volume('http')(o).secret.secretName, envOf('LOGPUSHD_HTTP_TOKEN_FILE')(o)],
    ['who', '/etc/logpushd/http/token'],
  ],
  'http.tokenKey': [
    'pass',
    { http: { existingSecret: 'who' } },
    (o) => volume('http')(o).secret.items[0].key,
  ],

  state: [
    'cluster',
    {},
    (o) => [
      settings(o).state,
      has('PersistentVolumeClaim')(o),
      volume('state')(o),
      spec('Deployment')(o).strategy,
      objectOf(o, 'Secret', '-state')['data'],
    ],
    ['kubernetes:logs-logpushd-state', false, undefined, { type: 'Recreate' }, undefined],
  ],
  'persistence.existingClaim': [
    'mine',
    {},
    (o) => [volume('state')(o).persistentVolumeClaim.claimName, has('PersistentVolumeClaim')(o)],
    ['mine', false],
  ],
  'persistence.storageClassName': ['fast', {}, (o) => spec('PersistentVolumeClaim')(o).storageClassName],
  'persistence.accessModes': [['ReadWriteMany'], {}, (o) => spec('PersistentVolumeClaim')(o).accessModes],
  'persistence.size': ['2Gi', {}, (o) => spec('PersistentVolumeClaim')(o).resources.requests.storage],
  'persistence.keep': [false, {}, (o) => 'annotations' in metadata('PersistentVolumeClaim')(o)],
  'persistence.moveToCluster': [
    true,
    { ...CLUSTER, replicas: 0 },
    (o) => {
      const [container] = spec('Job')(o).template.spec.containers;
      return [container.args.slice(0, 6), has('PersistentVolumeClaim')(o)];
    },
    ['state move --from file:/var/lib/logpushd/state --to kubernetes:logs-logpushd-state'.split(' '), true],
  ],
  'persistence.annotations': [
    { a: 'b' },
    {},
    (o) => metadata('PersistentVolumeClaim')(o).annotations,
    { a: 'b', 'helm.sh/resource-policy': 'keep' },
  ],

  'service.type': ['ClusterIP', {}, (o) => spec('Service')(o).type],
  'service.port': [80, {}, (o) => spec('Service')(o).ports[0].port],
  'service.annotations': [{ a: 'b' }, {}, (o) => metadata('Service')(o).annotations],

  ...monitorCases('serviceMonitor', (o) => [objectOf(o, 'ServiceMonitor'), 'endpoints']),
  ...monitorCases('podMonitor', (o) => [objectOf(o, 'PodMonitor'), 'podMetricsEndpoints']),

  'metrics.prometheusRule.enabled': [true, {}, has('PrometheusRule'), true],
  'metrics.prometheusRule.labels': [
    LABELS,
    RULES,
    (o) => metadata('PrometheusRule')(o).labels,
    expect.objectContaining(LABELS),
  ],
  'metrics.prometheusRule.runbooks': [
    'https://docs.example/',
    RULES,
    (o) => rule('LogpushJobFailing')(o).annotations.runbook_url,
    'https://docs.example/docs/runbook.md#logpushjobfailing',
  ],
  'metrics.prometheusRule.overrides': [
    { LogpushJobFailing: { for: '1h', labels: { severity: 'info' } }, LogpushLogsLost: { enabled: false } },
    RULES,
    (o) => [rule('LogpushJobFailing')(o), rule('LogpushLogsLost')(o)],
    [
      expect.objectContaining({
        for: '1h',
        labels: { severity: 'info' },
        expr: expect.stringContaining('failing'),
      }),
      undefined,
    ],
  ],
  'metrics.dashboard.enabled': [
    true,
    {},
    (o) => JSON.parse(objectOf(o, 'ConfigMap', '-dashboard')['data']['logpushd.json']).title,
    'logpushd',
  ],
  'metrics.dashboard.labels': [
    LABELS,
    BOARD,
    (o) => metadata('ConfigMap', '-dashboard')(o).labels,
    expect.objectContaining({ ...LABELS, grafana_dashboard: '1' }),
  ],
  'metrics.dashboard.annotations': [
    { a: 'b' },
    BOARD,
    (o) => metadata('ConfigMap', '-dashboard')(o).annotations,
  ],

  ...Object.fromEntries(
    ['startup', 'liveness', 'readiness'].flatMap((name) =>
      ['periodSeconds', 'timeoutSeconds', 'failureThreshold'].map((field): [string, Case] => [
        `probes.${name}.${field}`,
        [19, {}, (o) => probe(name)(o)[field]],
      ]),
    ),
  ),
  'helmTest.enabled': [false, {}, has('Pod'), false],

  'serviceAccount.create': [
    false,
    {},
    (o) => [has('ServiceAccount')(o), pod(o).serviceAccountName],
    [false, 'default'],
  ],
  'serviceAccount.name': [
    'mine',
    {},
    (o) => [metadata('ServiceAccount')(o).name, pod(o).serviceAccountName],
    ['mine', 'mine'],
  ],
  'serviceAccount.annotations': [{ a: 'b' }, {}, (o) => metadata('ServiceAccount')(o).annotations],

  'rbac.create': [
    false,
    CLUSTER,
    (o) => [has('Role')(o), has('RoleBinding')(o), volume('kubernetes')(o) !== undefined],
    [false, false, true],
  ],

  'networkPolicy.enabled': [false, {}, has('NetworkPolicy'), false],
  'networkPolicy.ingressFrom': [
    [PEER],
    {},
    (o) => spec('NetworkPolicy')(o).ingress[0].from,
    expect.arrayContaining([PEER]),
  ],
  'networkPolicy.dnsTo': [[PEER], {}, (o) => spec('NetworkPolicy')(o).egress[0].to],
  'networkPolicy.egressExcept': [
    ['9.0.0.0/8', 'fd00::/8'],
    {},
    (o) => spec('NetworkPolicy')(o).egress[1].to,
    [
      { ipBlock: { cidr: '0.0.0.0/0', except: ['9.0.0.0/8'] } },
      { ipBlock: { cidr: '::/0', except: ['fd00::/8'] } },
    ],
  ],
  'networkPolicy.apiServer.cidrs': [
    ['10.1.2.3/32', 'fd00::1/128'],
    WATCH,
    (o) => spec('NetworkPolicy')(o).egress.at(-1).to,
    [{ ipBlock: { cidr: '10.1.2.3/32' } }, { ipBlock: { cidr: 'fd00::1/128' } }],
  ],
  'networkPolicy.apiServer.ports': [
    [8443],
    WATCH,
    (o) => spec('NetworkPolicy')(o).egress.at(-1).ports,
    [{ port: 8443, protocol: 'TCP' }],
  ],
  'networkPolicy.extraEgress': [
    [{ to: [PEER] }],
    {},
    (o) => spec('NetworkPolicy')(o).egress.at(-1),
    { to: [PEER] },
  ],

  podSecurityContext: [
    { fsGroup: 4 },
    {},
    (o) => pod(o).securityContext,
    expect.objectContaining({ fsGroup: 4 }),
  ],
  securityContext: [
    { runAsUser: 4 },
    {},
    (o) => main(o).securityContext,
    expect.objectContaining({ runAsUser: 4 }),
  ],
  'node.permissions': [false, {}, (o) => main(o).command.includes('--permission')],
  'node.extraArgs': [
    ['--trace-warnings'],
    {},
    (o) => main(o).command,
    expect.arrayContaining(['--trace-warnings']),
  ],

  'global.imageRegistry': [
    'r.example:5000',
    { image: { registry: 'other.example' } },
    (o) => main(o).image,
    expect.stringMatching(/^r\.example:5000\/logpushd:/),
  ],
  'global.imagePullSecrets': [
    ['a'],
    { imagePullSecrets: ['b'] },
    (o) => pod(o).imagePullSecrets,
    [{ name: 'a' }, { name: 'b' }],
  ],
  'image.registry': ['r.example', {}, (o) => main(o).image, expect.stringMatching(/^r\.example\/logpushd:/)],
  'image.repository': ['a/b', {}, (o) => main(o).image, expect.stringMatching(/^a\/b:/)],
  'image.tag': ['1.2.3', {}, (o) => main(o).image, 'logpushd:1.2.3'],
  'image.digest': [DIGEST, { image: { tag: '1' } }, (o) => main(o).image, `logpushd:1@${DIGEST}`],
  'image.pullPolicy': ['Never', {}, (o) => main(o).imagePullPolicy],
  imagePullSecrets: [['b'], {}, (o) => pod(o).imagePullSecrets, [{ name: 'b' }]],
  resources: [RESOURCES, {}, (o) => main(o).resources],

  'podDisruptionBudget.enabled': [false, {}, has('PodDisruptionBudget'), false],
  'podDisruptionBudget.maxUnavailable': ['50%', {}, (o) => spec('PodDisruptionBudget')(o).maxUnavailable],
  topologySpreadConstraints: [
    [{ maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' }],
    {},
    (o) => pod(o).topologySpreadConstraints,
    [
      expect.objectContaining({
        maxSkew: 2,
        topologyKey: 'rack',
        labelSelector: {
          matchLabels: { 'app.kubernetes.io/instance': 'logs', 'app.kubernetes.io/name': 'logpushd' },
        },
      }),
    ],
  ],
  nodeSelector: [LABELS, {}, (o) => pod(o).nodeSelector],
  tolerations: [[{ key: 'a', operator: 'Exists' }], {}, (o) => pod(o).tolerations],
  affinity: [
    { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    {},
    (o) => pod(o).affinity,
  ],
  priorityClassName: ['batch', {}, (o) => pod(o).priorityClassName],
  runtimeClassName: ['gvisor', {}, (o) => pod(o).runtimeClassName],
  terminationGracePeriodSeconds: [33, {}, (o) => pod(o).terminationGracePeriodSeconds],
  progressDeadlineSeconds: [99, {}, (o) => spec('Deployment')(o).progressDeadlineSeconds],
  revisionHistoryLimit: [9, {}, (o) => spec('Deployment')(o).revisionHistoryLimit],
  hostAliases: [[{ ip: '10.0.0.1', hostnames: ['a'] }], {}, (o) => pod(o).hostAliases],
  dnsPolicy: ['None', {}, (o) => pod(o).dnsPolicy],
  dnsConfig: [{ options: [{ name: 'ndots', value: '1' }] }, {}, (o) => pod(o).dnsConfig],

  nameOverride: [
    'lp',
    {},
    (o) => metadata('Deployment')(o),
    expect.objectContaining({
      name: 'logs-lp',
      labels: expect.objectContaining({ 'app.kubernetes.io/name': 'lp' }),
    }),
  ],
  fullnameOverride: ['my-lp', {}, (o) => metadata('Deployment')(o).name],
  commonLabels: [LABELS, {}, (o) => o.every((object) => object.metadata.labels?.['some'] === 'label'), true],
  podLabels: [LABELS, {}, (o) => podsOf(o)[0]!.metadata.labels, expect.objectContaining(LABELS)],
  podAnnotations: [
    { a: 'b' },
    {},
    (o) => podsOf(o)[0]!.metadata.annotations,
    expect.objectContaining({ a: 'b' }),
  ],
  extraArgs: [['--log-level', 'debug'], {}, (o) => main(o).args.slice(-2)],
  extraEnv: [[{ name: 'A', value: 'b' }], {}, envOf('A'), 'b'],
  extraEnvFrom: [[{ configMapRef: { name: 'a' } }], {}, (o) => main(o).envFrom],
  extraVolumes: [[{ name: 'a', emptyDir: {} }], {}, (o) => volume('a')(o), { name: 'a', emptyDir: {} }],
  extraVolumeMounts: [
    [{ name: 'a', mountPath: '/a' }],
    {},
    (o) => main(o).volumeMounts.at(-1),
    { name: 'a', mountPath: '/a' },
  ],
  extraObjects: [
    [{ apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'a' } }],
    {},
    has('LimitRange'),
    true,
  ],
};

interface SchemaNode {
  readonly properties?: { readonly [name: string]: SchemaNode };
}

/** Every value that a person may set, by its path. Settings are those of logpushd and tested there. */
function leaves({ properties }: SchemaNode, path: readonly string[] = []): readonly string[] {
  if (properties === undefined || path[0] === 'settings') return [path.join('.')];
  return Object.entries(properties).flatMap(([name, below]) => leaves(below, [...path, name]));
}

function nested(path: string, value: unknown, beside: object): object {
  const [first = '', ...rest] = path.split('.');
  const around = beside as Record<string, object>;
  return {
    ...around,
    [first]: rest.length === 0 ? value : nested(rest.join('.'), value, around[first] ?? {}),
  };
}

describe('values', () => {
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as SchemaNode;

  it('each have a default in values.yaml', () => {
    const defaults = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'));
    const lacking = leaves(schema).filter(
      (path) => path.split('.').reduce((node: any, name) => node?.[name], defaults) === undefined,
    );
    expect(lacking).toEqual([]);
  });

  it('are each tested below', () => {
    expect(Object.keys(CASES).toSorted()).toEqual(leaves(schema).toSorted());
  });

  const shown: KubernetesObject[] = [];

  it.each(Object.entries(CASES))(
    '%s shows where it should',
    async (path, [value, beside, seen, expected = value]) => {
      const objects = await rendered({ values: nested(path, value, beside) });
      shown.push(...objects);
      expect(seen(objects)).toEqual(expected);
    },
  );

  it('make objects that Kubernetes knows, whichever of them is set', async () => {
    expect(shown.length).toBeGreaterThan(Object.keys(CASES).length);
    expect(await schemaFindings(shown)).toEqual([]);
  });
});

describe('a wrong value', () => {
  it.each([
    ['two replicas with a volume, with the reason', { replicas: 2 }, /which replicas above 1 need/],
    ['more replicas than can be of use', { ...CLUSTER, replicas: 10 }, /replicas/],
    ['two replicas that forget', { replicas: 2, state: 'memory' }, /which replicas above 1 need/],
    ['two replicas of a CronJob', { ...CRON, ...CLUSTER, replicas: 2 }, /runs of a CronJob follow each/],
    [
      'a move beside a daemon',
      { ...CLUSTER, persistence: { moveToCluster: true } },
      /none while persistence\.moveToCluster moves/,
    ],
    [
      'a move to nowhere',
      { replicas: 0, persistence: { moveToCluster: true } },
      /where persistence\.moveToCluster moves/,
    ],
    ['a state in other words', { state: 'configmap' }, /state/],
    ['a volume that is switched off the old way', { persistence: { enabled: false } }, /enabled/],
    ['an election beside that of the chart', { settings: { leader_election: { enabled: true } } }, /enabled/],
    ['another Lease', { settings: { leader_election: { lease_name: 'a' } } }, /lease_name/],
    [
      'a watched repository',
      { manifest: { ...GIT.manifest, watchConfigMaps: true } },
      /there is no ConfigMap to watch/,
    ],
    [
      'two monitors of one thing',
      { metrics: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
      /count everything twice/,
    ],
    ['an API server nowhere', { networkPolicy: { apiServer: { cidrs: [] } } }, /cidrs/],
    ['replicas in the words of other charts', { replicaCount: 1 }, /replicaCount/],
    ['a value that is misspelled', { imgae: { tag: 'a' } }, /imgae/],
    ['a value that is misspelled, deeper', { image: { tga: 'a' } }, /tga/],
    ['a setting that is misspelled', { settings: { mood: 'warn' } }, /mood/],
    ['a setting that is misspelled, deeper', { settings: { guard: { max_removal: 1 } } }, /max_removal/],
    ['a setting in other words than allowed', { settings: { mode: 'dry-run' } }, /enforce/],
    ['a setting of the wrong kind', { settings: { guard: { max_removals: 'three' } } }, /max_removals/],
    ['a setting that the chart sets', { settings: { secrets_dir: '/secrets' } }, /secrets_dir/],
    ['a tag that is a number', { image: { tag: 1.2 } }, /tag/],
    ['a registry with a path', { image: { registry: 'r.example/a' } }, /registry/],
    ['a digest that is none', { image: { digest: 'sha256:abc' } }, /digest/],
    ['a policy that does not exist', { image: { pullPolicy: 'always' } }, /pullPolicy/],
    ['a schedule that is none', { cronJob: { schedule: 'hourly' } }, /schedule/],
    ['a name that Kubernetes refuses', { cloudflare: { existingSecret: 'My_Secret' } }, /existingSecret/],
    ['a name that is too long', { fullnameOverride: 'a'.repeat(53) }, /fullnameOverride/],
    [
      'two places of the manifest',
      { manifest: { configMaps: ['a'], inline: { 'a.yaml': 'b' } } },
      /configMaps.*nothing, as manifest\.inline is set/,
    ],
    [
      'two other places of the manifest',
      { manifest: { inline: { 'a.yaml': 'b' }, git: GIT.manifest.git } },
      /git.url.*nothing, as manifest\.inline is set/,
    ],
    [
      'two more places of the manifest',
      { manifest: { configMaps: ['a'], git: GIT.manifest.git } },
      /configMaps.*nothing, as manifest\.git\.url is set/,
    ],
    [
      'a file of the manifest that would not be read',
      { manifest: { inline: { 'a.txt': 'b' } } },
      /a\.txt|inline/,
    ],
    [
      'a repository without the image of git-sync',
      { manifest: { git: { url: 'https://git.example/a' } } },
      /repository.*the name under which your cluster pulls git-sync/,
    ],
    [
      'a repository with its password',
      { manifest: { git: { ...GIT.manifest.git, url: 'https://u:p@git.example/a' } } },
      /url.*without a password: manifest\.git\.auth=password/,
    ],
    [
      'a repository that is a command',
      { manifest: { git: { ...GIT.manifest.git, url: 'ext::sh -c id' } } },
      /url/,
    ],
    [
      'credentials without their Secret',
      { manifest: { git: { ...GIT.manifest.git, auth: 'ssh' } } },
      /existingSecret.*the name of the Secret with the credentials/,
    ],
    [
      'a path that leaves the repository',
      { manifest: { git: { ...GIT.manifest.git, path: 'a/../../b' } } },
      /path/,
    ],
    ['a Secret without a name', { secrets: [{ items: [{ key: 'a', path: 'b' }] }] }, /name/],
    ['a Secret by the name of other charts', { secrets: [{ secretName: 'a' }] }, /secretName/],
    ['a secret file in a folder', { secrets: [{ name: 'a', items: [{ key: 'a', path: 'b/c' }] }] }, /path/],
    ['a number that is text', { service: { port: '8080' } }, /port/],
    ['a port that does not exist', { service: { port: 70_000 } }, /port/],
    ['a page for the outside', { service: { type: 'LoadBalancer' } }, /type/],
    ['limit in place of limits', { resources: { limit: { memory: '1Gi' } } }, /limit/],
    ['an amount that is none', { resources: { limits: { memory: '1GB' } } }, /memory/],
    ['a label that is a number', { commonLabels: { 'cost-centre': 4711 } }, /cost-centre/],
    ['an annotation that is a boolean', { podAnnotations: { a: true } }, /podAnnotations/],
    [
      'an alert that does not exist',
      { metrics: { prometheusRule: { enabled: true, overrides: { LogpushJobFailin: { for: '1h' } } } } },
      /there is no rule LogpushJobFailin/,
    ],
    ['a duration without a unit', { metrics: { serviceMonitor: { interval: '30' } } }, /interval/],
    ['a toleration that is misspelled', { tolerations: [{ key: 'a', operater: 'Exists' }] }, /operater/],
    ['a spread without a key', { topologySpreadConstraints: [{ maxSkew: 1 }] }, /topologyKey/],
    ['a network that is none', { networkPolicy: { egressExcept: ['10.0.0.0'] } }, /egressExcept/],
    ['a peer that is misspelled', { networkPolicy: { ingressFrom: [{ namespace: 'a' }] } }, /namespace/],
    [
      'a grace that is too short to end in',
      { terminationGracePeriodSeconds: 5 },
      /terminationGracePeriodSeconds/,
    ],
    ['a host that is a name', { http: { host: 'localhost' } }, /host/],
    ['no unavailable pod at all', { podDisruptionBudget: { maxUnavailable: 0 } }, /maxUnavailable/],
    ['a map where a list belongs', { extraEnv: { A: 'b' } }, /extraEnv/],
    ['an argument of Node that is none', { node: { extraArgs: ['a.js'] } }, /extraArgs/],
  ])('is refused: %s', async (_, values, finding) => {
    await expect(helmTemplate({ values })).rejects.toThrow(finding);
  });
});
