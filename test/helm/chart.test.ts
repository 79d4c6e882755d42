import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, CI_VALUES, HELMS, helmTemplate, objectOf, podsOf, rendered } from './chart.ts';
import { schemaFindings } from './kubernetes-objects.ts';
import { refusals } from './restricted.ts';
import { documentedRights, flattened, type Rule } from './rights.ts';

const ROOT = join(CHART, '..');
const EVERY = [undefined, ...CI_VALUES];
const tokenOf = ({ volumes }: any): any =>
  volumes.find(({ name }: any) => name === 'kubernetes')?.projected.sources[0];
const json = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

describe('with every values file', () => {
  it.each(HELMS)('Helm $version finds nothing to complain about', ({ path }) => {
    for (const file of EVERY) {
      const values = file === undefined ? [] : ['--values', join(CHART, 'ci', file)];
      const said = execFileSync(path, ['lint', '--strict', CHART, ...values], { encoding: 'utf8' });
      expect(said).toMatch(/0 chart\(s\) failed/);
      expect(said).not.toMatch(/WARNING|ERROR/);
    }
  });

  it('Helm 3 and Helm 4 render the same, each time', async () => {
    for (const file of EVERY) {
      const option = file === undefined ? {} : { file };
      const texts = await Promise.all([...HELMS, HELMS[0]!].map((helm) => helmTemplate({ helm, ...option })));
      expect(new Set(texts).size).toBe(1);
    }
  });

  it('every object is one that Kubernetes knows, without a field that it does not know', async () => {
    const all = await Promise.all(EVERY.map((file) => rendered(file === undefined ? {} : { file })));
    expect(await schemaFindings(all.flat())).toEqual([]);
  });

  it.each(EVERY)(
    'the objects of %s are in the namespace of the release and bear its labels',
    async (file) => {
      for (const object of await rendered(file === undefined ? {} : { file })) {
        if (object.metadata.name === 'authority') continue;
        expect(object.metadata).toMatchObject({
          name: expect.stringMatching(/^(logs|logpush)/),
          namespace: 'edge',
          labels: {
            'app.kubernetes.io/name': 'logpushd',
            'app.kubernetes.io/instance': 'logs',
            'app.kubernetes.io/version': json('package.json').version,
            'app.kubernetes.io/managed-by': 'Helm',
          },
        });
      }
    },
  );

  it.each(EVERY)(
    'the pods of %s pass the restricted Pod Security Standard and a strict cluster',
    async (file) => {
      const pods = podsOf(await rendered(file === undefined ? {} : { file }));
      expect(pods.length).toBeGreaterThan(0);
      expect(pods.flatMap((pod) => refusals(pod).map((control) => `${pod.name}: ${control}`))).toEqual([]);
    },
  );

  it.each(EVERY)('the objects of %s hold no secret', async (file) => {
    const objects = await rendered(file === undefined ? {} : { file });
    const secrets = objects.filter(({ kind }) => kind === 'Secret');
    expect(secrets.filter((secret) => 'data' in secret || 'stringData' in secret)).toEqual([]);
  });

  it.each(EVERY)(
    'the objects of %s ask Kubernetes for the documented rights and for no other',
    async (file) => {
      const objects = await rendered(file === undefined ? {} : { file });
      const kinds = objects.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind.startsWith('Cluster'))).toEqual([]);
      const documented = documentedRights(objects);
      const tokens = podsOf(objects)
        .filter(({ spec }) => 'volumes' in spec)
        .map(({ spec }) => tokenOf(spec));
      for (const token of tokens)
        expect(token?.serviceAccountToken).toEqual(
          documented.length > 0 ? { path: 'token', expirationSeconds: 3600 } : undefined,
        );
      const rules = objects.filter(({ kind }) => kind === 'Role').flatMap((role) => role['rules'] as Rule[]);
      // The Role of this one is somebody else's.
      expect(flattened(rules)).toEqual(file === 'watch-values.yaml' ? [] : documented);
      expect(kinds.filter((kind) => kind === 'RoleBinding')).toHaveLength(rules.length > 0 ? 1 : 0);
    },
  );

  it.each(EVERY)(
    'the network policy of %s lets it reach the API server only where it asks it',
    async (file) => {
      const objects = await rendered(file === undefined ? {} : { file });
      const policy = objects.find(({ kind }) => kind === 'NetworkPolicy');
      const ports = (policy?.['spec'].egress ?? []).flatMap((rule: any) =>
        rule.ports.map(({ port }: any) => port),
      );
      expect(ports.includes(6443)).toBe(documentedRights(objects).length > 0);
    },
  );

  it.each(EVERY)('the settings of %s are valid', async (file) => {
    const schema = json('schemas/settings.schema.json');
    const validate = new Ajv({ allowUnionTypes: true, strict: false }).compile(schema);
    const objects = await rendered(file === undefined ? {} : { file });
    const settings = parse(objectOf(objects, 'ConfigMap', '-settings')['data']['logpushd.yaml']);
    validate(settings);
    expect(validate.errors ?? []).toEqual([]);
  });
});

describe('the chart', () => {
  it('has the version of the program', () => {
    const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
    const { version } = json('package.json');
    expect([chart.version, chart.appVersion]).toEqual([version, version]);
  });

  it('restarts the pod for a changed setting, and not for a changed manifest', async () => {
    const checksum = async (values: object) =>
      objectOf(await rendered({ file: 'inline-values.yaml', values }), 'Deployment')['spec'].template.metadata
        .annotations['checksum/settings'];
    const before = await checksum({});
    const manifest = { inline: { 'shop.yaml': { version: 1, zones: [] } } };
    expect(await checksum({ manifest })).toBe(before);
    expect(await checksum({ settings: { mode: 'warn' } })).not.toBe(before);
  });

  it('changes nothing in a selector from one version to the next', async () => {
    const objects = await rendered({ values: { commonLabels: { a: 'b' }, podLabels: { c: 'd' } } });
    const selector = {
      'app.kubernetes.io/name': 'logpushd',
      'app.kubernetes.io/instance': 'logs',
      'app.kubernetes.io/component': 'daemon',
    };
    expect(objectOf(objects, 'Deployment')['spec'].selector).toEqual({ matchLabels: selector });
    expect(objectOf(objects, 'Service')['spec'].selector).toEqual(selector);
    expect(objectOf(objects, 'Deployment')['spec'].template.metadata.labels).toEqual({
      ...selector,
      a: 'b',
      c: 'd',
    });
  });

  it('elects with more than one replica only', async () => {
    const objects = await rendered({ file: 'replicas-values.yaml' });
    expect(objectOf(objects, 'Deployment')['spec'].strategy.type).toBe('RollingUpdate');
    expect(objectOf(objects, 'Lease')['spec']).toBeUndefined();
  });

  it('never lets two pods run at once that do not elect, nor two runs of a CronJob', async () => {
    for (const state of ['volume', 'cluster', 'memory']) {
      const objects = await rendered({ values: { state } });
      expect(objectOf(objects, 'Deployment')['spec'].strategy).toEqual({ type: 'Recreate' });
      expect(objects.map(({ kind }) => kind)).not.toContain('Lease');
    }
    const scheduled = objectOf(await rendered({ file: 'cronjob-values.yaml' }), 'CronJob')['spec'];
    expect(scheduled.concurrencyPolicy).toBe('Forbid');
  });

  it('asks no probe about Cloudflare or the API server', async () => {
    const { spec } = podsOf(await rendered({ file: 'cluster-watch-values.yaml' }))[0]!;
    const [container] = spec.containers;
    const paths = ['startup', 'liveness', 'readiness'].map((name) => container[`${name}Probe`].httpGet.path);
    expect(paths).toEqual(['/healthz', '/healthz', '/readyz']);
  });

  it('leaves the state alone in the test of the release', async () => {
    for (const state of ['volume', 'cluster', 'memory']) {
      const doctor = objectOf(await rendered({ values: { state } }), 'Pod', '-doctor')['spec'].containers[0];
      expect(doctor.env).toContainEqual({ name: 'LOGPUSHD_STATE', value: 'memory' });
      expect(doctor.volumeMounts.map(({ name }: any) => name)).not.toContain('state');
    }
  });

  it('brings every alert as it is, and a dashboard of metrics that exist', async () => {
    const metrics = { prometheusRule: { enabled: true }, dashboard: { enabled: true } };
    const objects = await rendered({ values: { metrics } });
    const rules = parse(readFileSync(join(ROOT, 'config/prometheus/logpushd.rules.yaml'), 'utf8'));
    expect(objectOf(objects, 'PrometheusRule')['spec']).toEqual(rules);
    const documented = new Set(readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8').match(/logpushd_\w+/g));
    const shown = objectOf(objects, 'ConfigMap', '-dashboard')['data']['logpushd.json'].match(
      /logpushd_\w+/g,
    );
    expect(shown.filter((metric: string) => !documented.has(metric))).toEqual([]);
  });

  it('takes the values that docs/traces.md gives, and lets the daemon reach the collector', async () => {
    const page = readFileSync(join(ROOT, 'docs/traces.md'), 'utf8');
    const values = parse(/```yaml\n(.*?)```/s.exec(page)?.[1] ?? '');
    const objects = await rendered({ values });
    expect(await schemaFindings(objects)).toEqual([]);
    expect(podsOf(objects)[0]?.spec.containers[0].env).toEqual(expect.arrayContaining(values.extraEnv));
    expect(objectOf(objects, 'NetworkPolicy')['spec'].egress).toContainEqual(
      values.networkPolicy.extraEgress[0],
    );
  });

  it('lets what values contain be text and nothing else', async () => {
    const hostile = '{{ .Release.Name }}\n---\nkind: Secret\n"\'#: [';
    const objects = await rendered({
      values: {
        podAnnotations: { a: hostile },
        manifest: { inline: { 'a.yaml': hostile } },
        extraEnv: [{ name: 'A', value: hostile }],
        extraArgs: [hostile],
      },
    });
    const { metadata, spec } = objectOf(objects, 'Deployment')['spec'].template;
    expect(metadata.annotations.a).toBe(hostile);
    expect(spec.containers[0].env).toContainEqual({ name: 'A', value: hostile });
    expect(spec.containers[0].args).toContain(hostile);
    expect(objectOf(objects, 'ConfigMap', '-manifest')['data']).toEqual({ 'a.yaml': hostile });
    expect(await schemaFindings(objects)).toEqual([]);
  });

  it('has names that Kubernetes takes, however long that of the release is', async () => {
    const longest: Record<string, number> = { CronJob: 52, Service: 63 };
    for (const file of ['inline-values.yaml', 'cronjob-values.yaml']) {
      for (const { kind, metadata } of await rendered({ file, release: `${'long-'.repeat(10)}xyz` }))
        expect(metadata.name.length).toBeLessThanOrEqual(longest[kind] ?? 253);
    }
  });
});
