import type { HttpFault, Scenario, ZoneSpec } from './scenario.ts';
import { aJob, aStory, aZone } from './stories.ts';

/** What the process is killed in, at every moment. */

const http = aJob('http');
const audit = aJob('audit');
const siem = aJob('http', { destination: 'siem' });
const dns = aJob('dns', { dataset: 'dns_logs' });
const firewall = aJob('http', { dataset: 'firewall_events' });

export const CRASH_STORIES: readonly (readonly [what: string, story: Scenario])[] = [
  ['the first run', aStory([aZone(0, http)])],
  ['the first run with three jobs', aStory([aZone(0, http, audit, aJob('dns', { dataset: 'dns_logs' }))])],
  ['the first run in three zones', aStory([aZone(0, http), aZone(1, http), aZone(2, audit)])],
  ['the first run with zones by name', aStory([aZone(0, http), aZone(1, siem)], { world: { byName: true } })],
  [
    'the first run with masked secrets',
    aStory([aZone(0, siem)], { world: { switches: { secrets: 'masked' } } }),
  ],
  ['a job that is added', aStory([aZone(0, http)], { edit: [aZone(0, http, audit)] })],
  ['a job that is removed', aStory([aZone(0, http, audit)], { edit: [aZone(0, audit)] })],
  [
    'a job that is disabled',
    aStory([aZone(0, http)], { edit: [aZone(0, aJob('http', { enabled: false }))] }),
  ],
  ['another destination', aStory([aZone(0, http)], { edit: [aZone(0, siem)] })],
  ['another path', aStory([aZone(0, http)], { edit: [aZone(0, aJob('http', { path: 'http-b' }))] })],
  ['another sample rate', aStory([aZone(0, http)], { edit: [aZone(0, aJob('http', { sampleRate: 0.5 }))] })],
  ['another filter', aStory([aZone(0, http)], { edit: [aZone(0, aJob('http', { country: 'de' }))] })],
  [
    'a filter that is never shown',
    aStory([aZone(0, http)], {
      edit: [aZone(0, aJob('http', { country: 'de' }))],
      world: { switches: { filter_reads: 'none' } },
    }),
  ],
  ['a replace', aStory([aZone(0, http)], { edit: [aZone(0, aJob('http', { dataset: 'firewall_events' }))] })],
  [
    'a replace beside a job that is added',
    aStory([aZone(0, http)], { edit: [aZone(0, aJob('http', { dataset: 'firewall_events' }), audit)] }),
  ],
  [
    'a job under another name',
    aStory([aZone(0, http)], { edit: [aZone(0, aJob('errors', { path: 'http-a' }))] }),
  ],
  ['a job in another zone', aStory([aZone(0, http), aZone(1)], { edit: [aZone(0), aZone(1, http)] })],
  [
    'a job that was there before',
    aStory([aZone(0, http)], { world: { foreign: [{ zone: 0, name: 'http' }], adopt: 'always' } }),
  ],
  [
    'a job that somebody deleted',
    aStory([aZone(0, http)], {
      disturbances: [{ type: 'person', at: 100_000, action: 'delete', zone: 0, pick: 0 }],
    }),
  ],
  [
    'a job that somebody renamed',
    aStory([aZone(0, http)], {
      disturbances: [{ type: 'person', at: 100_000, action: 'rename', zone: 0, pick: 0 }],
    }),
  ],
  [
    'a secret that is rotated',
    aStory([aZone(0, http)], { disturbances: [{ type: 'secret-rotated', at: 100_000, name: 's3-secret' }] }),
  ],
  ['a create whose answer is lost', faulty('create', { kind: 'lost-after', hang: true })],
  ['a create that is lost', faulty('create', { kind: 'lost-before', hang: false })],
  ['a create that lands late', faulty('create', { kind: 'late', ms: 80_000, hang: true })],
  ['a create that is carried out twice', faulty('create', { kind: 'twice', ms: 100 })],
  ['an update whose answer is lost', faulty('update', { kind: 'lost-after', hang: false }, [aZone(0, siem)])],
  [
    'a delete whose answer is lost',
    faulty('delete', { kind: 'lost-after', hang: false }, [aZone(0, audit)], [aZone(0, http, audit)]),
  ],
  [
    'a replace whose create is lost',
    faulty('create', { kind: 'lost-after', hang: true }, [aZone(0, firewall)]),
  ],
  [
    'listings that are empty',
    aStory([aZone(0, http, audit, dns)], {
      world: { sweepMs: 60_000 },
      faultsFrom: 50_000,
      disturbances: [1, 2, 3].map((nth) => ({
        type: 'http',
        on: 'list',
        nth,
        fault: { kind: 'empty-list' },
      })),
    }),
  ],
  [
    'a removal that a person approves',
    aStory([aZone(0, http, audit)], {
      edit: [aZone(0, audit)],
      world: { guard: { maxRemovals: 0, maxRemovalShare: 0 } },
      disturbances: [{ type: 'approve', at: 180_000, wrong: false }],
    }),
  ],
];

/** A story in which the first request of a kind goes wrong. */
function faulty(
  on: 'create' | 'update' | 'delete',
  fault: HttpFault,
  edit?: readonly ZoneSpec[],
  start: readonly ZoneSpec[] = [aZone(0, http)],
): Scenario {
  return aStory(start, {
    ...(edit === undefined ? {} : { edit }),
    disturbances: [{ type: 'http', on, nth: 1, fault }],
  });
}
