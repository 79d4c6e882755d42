import { describe, expect, it } from 'vitest';
import { promisesOf } from './promises.ts';
import type { Disturbance, Scenario } from './scenario.ts';
import { runWithTwin } from './shrink.ts';
import { simulate } from './simulation.ts';
import { aJob, aStory, aZone } from './stories.ts';

/**
 * `reliability.md` invariant 13: the process ends at each touch of a port in turn, before an effect and after it, and
 * another one takes over. Nothing is excused: a create that was on its way has landed when the next process starts.
 */

const http = aJob('http');
const audit = aJob('audit');
const siem = aJob('http', { destination: 'siem' });

const STORIES: readonly (readonly [what: string, story: Scenario])[] = [
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
];

const STRICT = promisesOf(['ambiguity', 'surplus', 'collapse']);
const PATIENCE_MS = 120_000;

function crashAt(nth: number, downMs = 5_000): Disturbance {
  return { type: 'crash', nth, downMs, stateLost: false };
}

async function brokenBy(story: Scenario, crashes: readonly Disturbance[]): Promise<readonly string[]> {
  const { violations } = await runWithTwin(
    { ...story, disturbances: [...story.disturbances, ...crashes] },
    STRICT,
  );
  return violations.map(({ rule, detail }) => `${JSON.stringify(crashes)}: ${rule}: ${detail}`);
}

describe('a crash', () => {
  it.each(STORIES)(
    'at any moment of %s changes nothing about the end',
    async (_, story) => {
      const { touches, violations } = await simulate(story, { promises: STRICT });
      expect(violations).toEqual([]);
      expect(touches).toBeGreaterThan(10);
      const broken: string[] = [];
      for (let nth = 1; nth <= touches; nth += 1) {
        broken.push(...(await brokenBy(story, [crashAt(nth)])));
        // And again, soon after.
        if (nth % 10 === 0)
          broken.push(...(await brokenBy(story, [crashAt(nth), crashAt(nth + 1 + (nth % 7))])));
      }
      expect(broken).toEqual([]);
    },
    PATIENCE_MS,
  );
});
