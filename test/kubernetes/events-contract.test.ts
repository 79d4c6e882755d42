import { beforeAll, beforeEach, expect, it } from 'vitest';
import { eventSender, REPORTING_CONTROLLER } from '../../src/edges/kubernetes/event-sender.ts';
import type { ClusterEvent } from '../../src/reconcile/cluster-event/recorder.ts';
import { type Account, describeServers } from './servers.ts';

const EVENTS = '/apis/events.k8s.io/v1/namespaces/edge/events';
const MERGE = 'application/merge-patch+json';
const AT = Date.parse('2026-11-23T09:00:00.123Z');
const FOREVER = new AbortController().signal;

/** What the chart grants, and nothing more. */
const RIGHTS = [{ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] }];

/** What telling by Events builds on (`reliability.md` §6.4). */
describeServers('what the API server does with Events', (server) => {
  let number = 0;
  /** Another one in each test. */
  let name = '';
  let account: Account;

  const body = (overrides: object = {}) => ({
    metadata: { name },
    eventTime: '2026-11-23T09:00:00.123000Z',
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: 'logpushd-0',
    action: 'Create',
    reason: 'JobCreated',
    type: 'Normal',
    note: 'Job "http" was created.',
    regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'edge', name: 'zones' },
    ...overrides,
  });
  const outcome = ({ status, reason }: { status: number; reason: string }): string =>
    `${status} ${reason}`.trim();
  const post = async (overrides: object = {}) => outcome(await server().ask('POST', EVENTS, body(overrides)));
  const patch = async (change: object) =>
    outcome(await server().ask('PATCH', `${EVENTS}/${name}`, change, { type: MERGE }));
  const held = async (): Promise<any> => (await server().ask('GET', `${EVENTS}/${name}`)).body;

  beforeAll(async () => {
    account = await server().account('edge', RIGHTS);
  });

  beforeEach(() => {
    name = `event-${++number}`;
  });

  it.each([
    ['a note of 1,024 bytes', { note: 'x'.repeat(1_024) }, '201'],
    ['a note of 1,025 bytes', { note: 'x'.repeat(1_025) }, '422 Invalid'],
    ['a note of 1,025 bytes in fewer characters', { note: `x${'ü'.repeat(512)}` }, '422 Invalid'],
    ['a controller whose name is not qualified', { reportingController: 'not a name' }, '422 Invalid'],
    ['no controller', { reportingController: '' }, '422 Invalid'],
    ['no instance', { reportingInstance: '' }, '422 Invalid'],
    ['an instance of 128 characters', { reportingInstance: 'x'.repeat(128) }, '201'],
    ['an instance of 129 characters', { reportingInstance: 'x'.repeat(129) }, '422 Invalid'],
    ['a reason of 129 characters', { reason: 'X'.repeat(129) }, '422 Invalid'],
    ['no reason', { reason: '' }, '422 Invalid'],
    ['an action of 129 characters', { action: 'X'.repeat(129) }, '422 Invalid'],
    ['no action', { action: '' }, '422 Invalid'],
    ['no time', { eventTime: undefined }, '422 Invalid'],
    ['a time in milliseconds', { eventTime: '2026-11-23T09:00:00.123Z' }, '400 BadRequest'],
    ['a type of its own', { type: 'Critical' }, '422 Invalid'],
    [
      'a series of one',
      { series: { count: 1, lastObservedTime: '2026-11-23T09:00:00.123000Z' } },
      '422 Invalid',
    ],
  ])('answers an Event with %s as expected', async (_, overrides, expected) => {
    expect(await post(overrides)).toBe(expected);
  });

  it('refuses a second Event of the same name', async () => {
    expect(await post()).toBe('201');
    expect(await post()).toBe('409 AlreadyExists');
  });

  it('lets the series of an Event be changed, and nothing that was said', async () => {
    await post();
    const lastObservedTime = '2026-11-23T09:05:00.000000Z';
    expect(await patch({ series: { count: 2, lastObservedTime } })).toBe('200');
    expect(await patch({ series: { count: 3, lastObservedTime } })).toBe('200');
    expect(await patch({ note: 'something else' })).toBe('422 Invalid');
    expect(await patch({ reason: 'Else' })).toBe('422 Invalid');
    expect(await held()).toMatchObject({ note: 'Job "http" was created.', series: { count: 3 } });
  });

  it('takes what logpushd sends, with the right to create and patch alone', async () => {
    const send = eventSender(async () => account.cluster, { name: 'logpushd-0', uid: undefined });
    const event: ClusterEvent = {
      name,
      reason: 'DriftDetected',
      type: 'Warning',
      action: 'Compare',
      note: 'It was changed.',
      at: AT,
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'edge', name: 'zones', uid: 'a-uid' },
      related: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'edge', name: 'logpushd' },
    };
    await send({ event }, FOREVER);
    await send({ event, series: { count: 5, lastAt: AT + 1_000 } }, FOREVER);
    expect(await held()).toMatchObject({
      reason: 'DriftDetected',
      type: 'Warning',
      action: 'Compare',
      note: 'It was changed.',
      reportingController: REPORTING_CONTROLLER,
      reportingInstance: 'logpushd-0',
      eventTime: '2026-11-23T09:00:00.123000Z',
      regarding: event.regarding,
      related: event.related,
      series: { count: 5, lastObservedTime: '2026-11-23T09:00:01.123000Z' },
    });
  });

  it('is told anew by logpushd of what it has forgotten', async () => {
    const send = eventSender(async () => account.cluster, { name: 'logpushd-0', uid: undefined });
    const event: ClusterEvent = {
      name,
      reason: 'JobCreated',
      type: 'Normal',
      action: 'Create',
      note: 'It was made.',
      at: AT,
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'edge', name: 'logpushd-0' },
    };
    await send({ event, series: { count: 2, lastAt: AT } }, FOREVER);
    expect(await held()).toMatchObject({ note: 'It was made.' });
  });
});
