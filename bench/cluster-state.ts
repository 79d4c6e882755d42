// How long a state in ConfigMaps takes to be filled, taken over, read, and to save one page, on a real kube-apiserver and etcd.
import { parseArgs } from 'node:util';
import { openCluster } from '../src/edges/kubernetes/cluster.ts';
import { configMapsIn, secretsIn } from '../src/edges/kubernetes/kept-objects.ts';
import { clusterState, openClusterState } from '../src/edges/state/cluster.ts';
import { KubeApiserver, kubeBinaries } from '../test/helm/kube-apiserver.ts';

const { values } = parseArgs({
  options: {
    zones: { type: 'string', default: '1000' },
    /** Of the page of one zone; that of a zone with three jobs has 2.5 KB, and 1 KB about its health. */
    bytes: { type: 'string', default: '3500' },
  },
});
const zones = Number(values.zones);
const SAVES = 200;

const binaries = kubeBinaries();
if (binaries === null)
  throw new Error('There is no kube-apiserver here: "bash .ci/kube-apiserver" builds one.');
const server = await KubeApiserver.start(binaries);
try {
  const cluster = await openCluster(
    { namespace: 'default', kubeconfig: server.kubeconfig },
    { environment: {} },
  );
  const place = { name: 'bench', configMaps: configMapsIn(cluster), secrets: secretsIn(cluster) };
  const first = await openClusterState(place, 'bench');
  await timed(`${zones} pages saved one by one`, async () => {
    for (let zone = 0; zone < zones; zone += 1) await first.save(keyOf(zone), pageOf(zone, 0));
  });
  const next = await timed('taken over by the next', () => openClusterState(place, 'bench'));
  await timed('read beside it', () => clusterState(place).load());
  const times: number[] = [];
  for (let save = 0; save < SAVES; save += 1) {
    const from = performance.now();
    await next.save(keyOf((save * 7) % zones), pageOf(save, 1));
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  process.stdout.write(`one page saved: ${at(0.5)} ms in the middle, ${at(0.99)} ms at most but for 1 %\n`);
} finally {
  await server.stop();
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const done = await work();
  process.stdout.write(`${what}: ${((performance.now() - from) / 1000).toFixed(2)} s\n`);
  return done;
}

function keyOf(zone: number): string {
  return `zone.${zone.toString(16).padStart(32, '0')}`;
}

function pageOf(zone: number, time: number): string {
  return JSON.stringify({ zone, time, text: 'x'.repeat(Number(values.bytes)) });
}
