import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type Account, describeServers } from './servers.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/edge/leases';
const MERGE = 'application/merge-patch+json';

/** What leader election builds on (`reliability.md` §7.2). */
describeServers('what the API server does with Leases', (server) => {
  let number = 0;
  /** Another one in each test. */
  let name = '';

  const lease = (spec: object, metadata: object = {}): object => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...metadata },
    spec,
  });
  const put = (spec: object, metadata: object) =>
    server().ask('PUT', `${LEASES}/${name}`, lease(spec, metadata));
  const outcome = ({ status, reason }: { status: number; reason: string }): string =>
    `${status} ${reason}`.trim();
  const made = async (spec: object = {}): Promise<{ uid: string; resourceVersion: string }> => {
    const { status, body } = await server().ask('POST', LEASES, lease(spec));
    expect(status).toBe(201);
    return body.metadata;
  };
  const held = async (): Promise<any> => (await server().ask('GET', `${LEASES}/${name}`)).body.spec;

  beforeAll(async () => {
    await server().account('edge', []);
  });

  beforeEach(() => {
    name = `lease-${++number}`;
  });

  it.each([
    { renewTime: '2026-11-23T01:02:03.456Z', says: 'only milliseconds', outcome: '400 BadRequest' },
    { renewTime: '2026-11-23T01:02:03Z', says: 'no fraction', outcome: '400 BadRequest' },
    { renewTime: '2026-11-23T01:02:03.456789Z', says: 'microseconds', outcome: '201' },
  ])('takes a time with $says: $outcome', async ({ renewTime, outcome: expected }) => {
    expect(outcome(await server().ask('POST', LEASES, lease({ renewTime })))).toBe(expected);
  });

  it('refuses a second Lease of the same name', async () => {
    await made();
    expect(outcome(await server().ask('POST', LEASES, lease({})))).toBe('409 AlreadyExists');
  });

  it('refuses an update that does not say what it is based on', async () => {
    await made();
    expect(outcome(await put({ holderIdentity: 'a' }, {}))).toBe('422 Invalid');
  });

  it('refuses an update that is based on an earlier version, and keeps what is there', async () => {
    const { resourceVersion } = await made();
    expect(outcome(await put({ holderIdentity: 'a' }, { resourceVersion }))).toBe('200');
    expect(outcome(await put({ holderIdentity: 'b' }, { resourceVersion }))).toBe('409 Conflict');
    expect(await held()).toMatchObject({ holderIdentity: 'a' });
  });

  it('refuses an update of a Lease that was deleted and made anew', async () => {
    const { uid } = await made();
    await server().ask('DELETE', `${LEASES}/${name}`);
    const { resourceVersion } = await made();
    expect(outcome(await put({ holderIdentity: 'a' }, { resourceVersion, uid }))).toBe('409 Conflict');
  });

  it('makes no version of an update that changes nothing', async () => {
    const { resourceVersion } = await made({ holderIdentity: 'a' });
    const { status, body } = await put({ holderIdentity: 'a' }, { resourceVersion });
    expect([status, body.metadata.resourceVersion]).toEqual([200, resourceVersion]);
  });

  it('makes a Lease from an update of one that is gone, unless its uid is named', async () => {
    const { resourceVersion, uid } = await made();
    await server().ask('DELETE', `${LEASES}/${name}`);
    expect(outcome(await put({}, { resourceVersion, uid }))).toBe('409 Conflict');
    expect(outcome(await put({}, { resourceVersion }))).toBe('201');
  });

  it('asks for the right to create where an update would make a Lease', async () => {
    const { token } = await granted(name, ['get', 'update']);
    const update = lease({}, { resourceVersion: '1' });
    expect(outcome(await server().ask('PUT', `${LEASES}/${name}`, update, { token }))).toBe('403 Forbidden');
  });

  it.each([{ leaseDurationSeconds: 0 }, { leaseDurationSeconds: -1 }, { leaseTransitions: -1 }])(
    'refuses %j',
    async (spec) => {
      expect(outcome(await server().ask('POST', LEASES, lease(spec)))).toBe('422 Invalid');
    },
  );

  it('takes a Lease that nobody holds', async () => {
    const { resourceVersion } = await made({ holderIdentity: 'a', leaseDurationSeconds: 30 });
    const released = { holderIdentity: '', leaseDurationSeconds: 1 };
    expect(outcome(await put(released, { resourceVersion }))).toBe('200');
    expect((await held()).holderIdentity ?? '').toBe('');
  });

  it('lets a merge patch overwrite whatever is there, which is why none is sent', async () => {
    await made({ holderIdentity: 'a' });
    const patch = { spec: { holderIdentity: 'b' } };
    expect(outcome(await server().ask('PATCH', `${LEASES}/${name}`, patch, { type: MERGE }))).toBe('200');
    expect(await held()).toMatchObject({ holderIdentity: 'b' });
  });

  it('lets one of many racing updates through, and one of many racing creates', async () => {
    const { resourceVersion } = await made();
    const racing = Array.from({ length: 50 }, (_, holder) =>
      put({ holderIdentity: `h${holder}` }, { resourceVersion }),
    );
    expect(tally((await Promise.all(racing)).map(outcome))).toEqual({ '200': 1, '409 Conflict': 49 });
    name = `${name}-anew`;
    const creating = Array.from({ length: 50 }, () => server().ask('POST', LEASES, lease({})));
    expect(tally((await Promise.all(creating)).map(outcome))).toEqual({ '201': 1, '409 AlreadyExists': 49 });
  });

  it('grants a right on one name for what names it, never for a create or a list', async () => {
    await made();
    const { token } = await granted(name, ['get', 'update', 'create']);
    const ask = async (method: string, path: string, body?: object) =>
      outcome(await server().ask(method, path, body, { token }));
    const { resourceVersion } = (await server().ask('GET', `${LEASES}/${name}`)).body.metadata;
    expect(await ask('GET', `${LEASES}/${name}`)).toBe('200');
    expect(await ask('PUT', `${LEASES}/${name}`, lease({}, { resourceVersion }))).toBe('200');
    expect(await ask('GET', `${LEASES}/another`)).toBe('403 Forbidden');
    expect(await ask('GET', LEASES)).toBe('403 Forbidden');
    expect(await ask('DELETE', `${LEASES}/${name}`)).toBe('403 Forbidden');
    expect(await ask('POST', LEASES, lease({}))).toBe('403 Forbidden');
  });

  it('does not know a token that it did not give', async () => {
    const { status, reason } = await server().ask('GET', LEASES, undefined, { token: 'nobodys' });
    expect(`${status} ${reason}`).toBe('401 Unauthorized');
  });

  function granted(lease: string, verbs: readonly string[]): Promise<Account> {
    // A create that is limited to a name is never granted, so it cannot be waited for.
    const rule = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [lease] };
    return server().account('edge', [{ ...rule, verbs }]);
  }
});

function tally(outcomes: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(outcomes)].map((one) => [one, outcomes.filter((other) => other === one).length]),
  );
}
