type Pod = { readonly spec: any };
type Rule = readonly [control: string, forbids: (pod: Pod) => boolean];

const containersOf = ({ spec }: Pod): readonly any[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];
const some =
  (forbids: (container: any) => boolean) =>
  (pod: Pod): boolean =>
    containersOf(pod).some(forbids);
const contexts = (pod: Pod): readonly any[] =>
  [pod.spec, ...containersOf(pod)].map(({ securityContext }) => securityContext ?? {});
/** The container's own word, else the pod's. */
const effective = (pod: Pod, container: any, field: string): unknown =>
  container.securityContext?.[field] ?? pod.spec.securityContext?.[field];

const SELINUX_TYPES = [
  undefined,
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
];
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** The controls of the Pod Security Standards, "baseline" and "restricted", as Kubernetes documents them. */
const RULES: readonly Rule[] = [
  [
    'host namespaces',
    ({ spec }) => spec.hostNetwork === true || spec.hostPID === true || spec.hostIPC === true,
  ],
  ['host process', (pod) => contexts(pod).some(({ windowsOptions }) => windowsOptions?.hostProcess === true)],
  ['privileged', some(({ securityContext }) => securityContext?.privileged === true)],
  ['host ports', some(({ ports = [] }) => ports.some(({ hostPort = 0 }) => hostPort !== 0))],
  [
    'host probes',
    some((c) =>
      [c.livenessProbe, c.readinessProbe, c.startupProbe].some((p) => p?.httpGet?.host ?? p?.tcpSocket?.host),
    ),
  ],
  ['AppArmor', (pod) => contexts(pod).some(({ appArmorProfile }) => appArmorProfile?.type === 'Unconfined')],
  [
    'SELinux',
    (pod) =>
      contexts(pod).some(
        ({ seLinuxOptions: o = {} }) => !SELINUX_TYPES.includes(o.type) || Boolean(o.user ?? o.role),
      ),
  ],
  ['proc mount', some(({ securityContext }) => ![undefined, 'Default'].includes(securityContext?.procMount))],
  ['sysctls', ({ spec }) => (spec.securityContext?.sysctls ?? []).length > 0],
  [
    'volume types',
    ({ spec }) =>
      (spec.volumes ?? []).some(
        (volume: object) => !Object.keys(volume).some((key) => VOLUMES.includes(key)),
      ),
  ],
  [
    'privilege escalation',
    some(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false),
  ],
  ['running as non-root', (pod) => containersOf(pod).some((c) => effective(pod, c, 'runAsNonRoot') !== true)],
  ['running as user 0', (pod) => contexts(pod).some(({ runAsUser }) => runAsUser === 0)],
  [
    'seccomp',
    (pod) =>
      containersOf(pod).some((c) => !SECCOMP.includes((effective(pod, c, 'seccompProfile') as any)?.type)),
  ],
  [
    'capabilities',
    some(
      ({ securityContext: s }) =>
        !s?.capabilities?.drop?.includes('ALL') ||
        (s.capabilities.add ?? []).some((c: string) => c !== 'NET_BIND_SERVICE'),
    ),
  ],
];

/** Beyond the standard: what clusters with Kyverno or Gatekeeper commonly ask for. */
const POLICIES: readonly Rule[] = [
  ['read-only root', some(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true)],
  ['numeric user', ({ spec }) => !(Number(spec.securityContext?.runAsUser) > 0)],
  ['no token', ({ spec }) => spec.automountServiceAccountToken !== false],
  ['no service links', ({ spec }) => spec.enableServiceLinks !== false],
  [
    'requests and limits',
    some(({ resources: r = {} }) => !(r.requests?.cpu && r.requests.memory && r.limits?.memory)),
  ],
  ['no moving tag', some(({ image }) => !/:(?!latest$)[^:/@]+(@sha256:[0-9a-f]{64})?$/.test(image))],
  [
    'all mounts of secrets are read-only',
    (pod) => {
      const secret = new Set(
        pod.spec.volumes?.filter((v: any) => v.secret ?? v.projected).map((v: any) => v.name),
      );
      return containersOf(pod).some(({ volumeMounts = [] }) =>
        volumeMounts.some((m: any) => secret.has(m.name) && m.readOnly !== true),
      );
    },
  ],
];

/** Which controls a pod does not meet. */
export function refusals(pod: Pod): readonly string[] {
  return [...RULES, ...POLICIES].filter(([, forbids]) => forbids(pod)).map(([control]) => control);
}
