import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './replicas/cluster.ts';
import { Rig } from './replicas/rig.ts';
import { SCENARIOS } from './replicas/scenarios.ts';
import { trial } from './replicas/trial.ts';
import { kubeBinaries } from '../helm/kube-apiserver.ts';

const hasServer = kubeBinaries() !== null;
if (!hasServer)
  process.stderr.write(
    '!! Three replicas were not run against a real kube-apiserver: there is none. `bash .ci/kube-apiserver` builds one.\n',
  );

/** `npm run replicas` does the same for hours. */
describe.skipIf(!hasServer)('three replicas of the chart, as processes, at a real kube-apiserver', () => {
  let cluster: Cluster | null = null;
  let rig: Rig;

  beforeAll(async () => {
    cluster = await Cluster.start();
    rig = await Rig.start(cluster!);
  }, 150_000);

  afterAll(async () => {
    await rig?.stop();
    await cluster?.stop();
  });

  it.each(Object.entries(SCENARIOS))(
    'write everything once, whatever happens: %s',
    async (_, scenario) => {
      const { violations, measured } = await trial(rig, scenario, 2);
      expect(violations).toEqual([]);
      expect(measured).not.toBeNull();
    },
    300_000,
  );
});
