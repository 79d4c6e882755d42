import { expect, it } from 'vitest';
import { claimed, type HeldLease, released } from '../../src/core/leader/lease.ts';
import { leaseIn } from '../../src/edges/kubernetes/lease.ts';
import type { LeaseApi } from '../../src/reconcile/leader/lease-api.ts';
import { describeServers } from './servers.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/edge/leases';
const CALL = { signal: new AbortController().signal, timeoutMs: 10_000 };
const ALL = ['get', 'update', 'create'];
const NOW = '2026-11-23T01:02:03.456000Z';
const RECORD = claimed(null, 'pod-0_1', NOW, { leaseDurationMs: 30_000 });

describeServers('the Lease as leader election sees it', (server) => {
  let number = 0;

  async function lease(verbs: readonly string[] = ALL): Promise<LeaseApi> {
    const rule = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs };
    const { cluster } = await server().account('edge', verbs.length === 0 ? [] : [rule]);
    return leaseIn(cluster, `adapted-${++number}`);
  }

  it('is null while it is not there', async () => {
    expect(await (await lease()).read(CALL)).toBeNull();
  });

  it('says after each write what was written', async () => {
    const api = await lease();
    const made = await api.create(RECORD, CALL);
    expect(made.record).toEqual(RECORD);
    const taken = claimed(made.record, 'pod-1_2', NOW, { leaseDurationMs: 30_000 });
    expect((await api.replace(made, taken, CALL)).record).toEqual({ ...taken, leaseTransitions: 1 });
    expect((await api.read(CALL))?.record).toEqual(taken);
  });

  it('can be given back', async () => {
    const api = await lease();
    const made = await api.create(RECORD, CALL);
    const { record } = await api.replace(made, released(made.record, NOW), CALL);
    expect(record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, renewTime: NOW });
  });

  it('is not written where somebody else was faster', async () => {
    const api = await lease();
    const made = await api.create(RECORD, CALL);
    await expect(api.create(RECORD, CALL)).rejects.toMatchObject({ fault: 'already-exists' });
    await api.replace(made, { ...RECORD, leaseTransitions: 1 }, CALL);
    await expect(api.replace(made, RECORD, CALL)).rejects.toMatchObject({ fault: 'conflict' });
  });

  it('is not made anew by whoever still holds one that was deleted', async () => {
    const api = await lease();
    const made = await api.create(RECORD, CALL);
    await server().ask('DELETE', `${LEASES}/${api.name}`);
    await expect(api.replace(made, RECORD, CALL)).rejects.toMatchObject({ fault: 'conflict' });
    expect(await api.read(CALL)).toBeNull();
  });

  it('needs the rights to get and update, which a message names that lacks them', async () => {
    const api = await lease([]);
    const reading = api.read(CALL);
    await expect(reading).rejects.toMatchObject({ fault: 'forbidden' });
    await expect(reading).rejects.toThrow(/read the Lease .* cannot get resource "leases"/);
  });

  it('keeps what others have written in it', async () => {
    const api = await lease();
    const labels = { 'app.kubernetes.io/managed-by': 'Helm' };
    const annotations = { 'meta.helm.sh/release-name': 'logpushd' };
    await server().ask('POST', LEASES, { metadata: { name: api.name, labels, annotations } });
    const found = (await api.read(CALL)) as HeldLease;
    const taken = await api.replace(found, RECORD, CALL);
    await api.replace(taken, { ...RECORD, leaseTransitions: 1 }, CALL);
    const { body } = await server().ask('GET', `${LEASES}/${api.name}`);
    expect(body).toMatchObject({ metadata: { labels, annotations }, spec: { leaseTransitions: 1 } });
  });

  it('says how to get one that is gone and may not be made', async () => {
    const api = await lease(['get', 'update']);
    expect(await api.read(CALL)).toBeNull();
    await expect(api.create(RECORD, CALL)).rejects.toThrow(
      /create the Lease .*: it is not there .*helm upgrade/,
    );
  });

  it('is held by nobody when a chart has made it empty', async () => {
    const api = await lease();
    await server().ask('POST', LEASES, { metadata: { name: api.name } });
    expect((await api.read(CALL))?.record).toMatchObject({ holderIdentity: '', renewTime: null });
  });
});
