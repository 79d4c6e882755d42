import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exportManifest } from '../../src/core/export/manifest-of.ts';
import { liveJobOf } from '../../src/core/job/live.ts';
import { type Scope, scopeKey } from '../../src/core/job/job.ts';
import type { Problem } from '../../src/core/problem.ts';
import { type OutputFormat, renderPlan } from '../../src/core/render/plan-report.ts';
import { renderProblems } from '../../src/core/render/problems.ts';
import { PLAIN } from '../../src/core/render/style.ts';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import { aCanary, canaryDestinations, leaksIn } from '../canaries.ts';
import { ACCOUNT, ALL_CANARIES, storedJob, writtenScopes, ZONES } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import { storeModes } from './modes.ts';
import { type Files, filesOf, parseManifest, World } from './world.ts';

const FORMATS: readonly OutputFormat[] = ['text', 'json', 'markdown', 'github'];
const SCOPES: readonly Scope[] = [
  ...ZONES.map((zone) => ({ kind: 'zone' as const, ...zone })),
  { kind: 'account', ...ACCOUNT },
];

/** Every way in which somebody might print a value, on purpose or not. */
function everyPrintOf(value: unknown): string {
  return [
    JSON.stringify(value),
    inspect(value, { depth: Infinity, showHidden: true, maxStringLength: null }),
    String(value),
  ].join('\n');
}

function everyOutputOf(result: PassResult): string {
  const { plans, unresolved, refusal, problems, unreadable } = result;
  const report = {
    revision: 'r',
    generatedAt: '2026-01-01T00:00:00Z',
    plans,
    unresolved,
    refusal,
    problems,
    unreadable: unreadable.map(({ scope, error }) => ({ scope, reason: error.message })),
  };
  return [
    ...FORMATS.map((format) => renderPlan(report, format, PLAIN)),
    ...FORMATS.map((format) => renderProblems(problems, format)),
    ...plans.map(everyPrintOf),
    everyPrintOf(result.outcomes),
  ].join('\n');
}

describe('no secret', () => {
  it(
    'is in any plan, event, ledger or export, whatever the manifest and Cloudflare hold',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          writtenScopes(3),
          fc.array(storedJob, { maxLength: 8 }),
          storeModes,
          async (scopes, live, modes) => {
            const world = new World({ modes: { ...modes, jobsPerScope: null } });
            live.forEach(({ raw }, index) =>
              world.store.plant(scopeKey(SCOPES[index % SCOPES.length]!), raw),
            );
            const files = filesOf(scopes);

            const planned = await world.plan(files);
            const applied = await world.applyAsFarAsPossible(files);
            const again = await world.plan(files);

            const exported = exportManifest(SCOPES.map((scope) => ({ scope, live: world.live(scope) })));
            const told = [
              ...[planned, applied, again].map(everyOutputOf),
              world.events.map(everyPrintOf).join('\n'),
              [...world.saved].flat().join('\n'),
              exported.text,
              everyPrintOf(exported),
            ].join('\n');
            expect(leaksIn(told, ALL_CANARIES)).toEqual([]);
          },
        ),
        tries(0.25),
      );
    },
    PATIENCE_MS,
  );

  it('is in an error message that quotes the destination, in part or as a whole, encoded or not', () => {
    for (const { text, canary } of canaryDestinations()) {
      const quotes = [text, safelyDecoded(text), text.includes(canary.core) ? canary.core : canary.value];
      for (const quote of quotes) {
        const live = liveJobOf({
          id: 1,
          destination_conf: text,
          error_message: `error uploading to ${quote}: refused`,
        });

        expect(leaksIn(everyPrintOf(live), [canary])).toEqual([]);
      }
    }
  });
});

describe('a credential that is written into the manifest', () => {
  const canary = aCanary('typed into the manifest');

  it('is in no finding, wherever it was typed', () => {
    for (const files of brokenManifests(canary.value, canary.core)) {
      const { problems } = parseManifest(files);
      const leaks = leaksIn(everyTellingOf(problems), [canary]);
      expect({ leaks, told: leaks.length > 0 ? problems : [] }).toEqual({ leaks: [], told: [] });
    }
  });

  it('is found in every place for credentials', () => {
    const codes = canaryDestinations().map(({ text }) => ({
      text,
      codes: parseManifest(oneJob({ destination_conf: text })).problems.map(({ code }) => code),
    }));
    const accepted = codes.filter(
      ({ codes: found }) => !found.includes('inline-secret') && !found.includes('bad-destination'),
    );

    // What only may be a credential is allowed to stand there: nobody can tell.
    expect(
      accepted.map(({ text }) => text.slice(0, text.search(/[?#]|$/)).replace(/[A-Za-z0-9]{40}/, '…')),
    ).toEqual(MAY_BE_WRITTEN);
  });
});

const MAY_BE_WRITTEN = [
  'https://hooks.example.com/services/…',
  'https://logs.example.com/in',
  'https://logs.example.com/in',
  'https://logs.example.com/in',
  'newthing://host/…',
];

function everyTellingOf(problems: readonly Problem[]): string {
  return [...FORMATS.map((format) => renderProblems(problems, format)), everyPrintOf(problems)].join('\n');
}

function oneJob(keys: object): Files {
  const job = { name: 'http', dataset: 'http_requests', enabled: true, ...keys };
  return [{ path: 'm.yaml', text: stringify({ version: 1, zones: [{ zone: 'example.com', jobs: [job] }] }) }];
}

/** A secret pasted where it does not belong, and into YAML that is broken around it. */
function brokenManifests(value: string, core: string): readonly Files[] {
  const s3 = { type: 's3-compatible', bucket: 'b', region: 'auto', endpoint: 'e.example' };
  const jobs = [
    ...canaryDestinations().map(({ text }) => ({
      destination_conf: text.replaceAll(/[A-Za-z0-9]{40}/g, core),
    })),
    { destination_conf: `s3://b?region=x&secret-access-key=${encodeURIComponent(value)}` },
    { destination_conf: value },
    { destination: core },
    { destination: { ...s3, access_key_id: value, secret_access_key: value } },
    { destination: { ...s3, access_key_id: [value], secret_access_key: { [core]: value } } },
    { destination: { ...s3, [core]: 'x' } },
    { destination: { type: core } },
    { destination: { type: 'https', url: `https://u:${core}@h.example/in` } },
    { destination: { type: 'https', url: `https://h.example/in?token=${core}` } },
    { destination: { type: 'https', url: 'https://h.example', headers: { Authorization: value } } },
    { destination: { type: 'https', url: 'https://h.example', headers: { [core]: value } } },
    { destination: { type: 'https', url: 'https://h.example', params: { api_key: value, [core]: '' } } },
    { destination_conf: 's3://b?region=x', ownership_challenge: value },
    { destination_conf: 's3://b?region=x', ownership_challenge: [value] },
    { destination_conf: `\${secret:${value}}` },
    { destination_conf: `s3://b?region=\${${core}}` },
    { destination_conf: `s3://b?region=\${secret:${core}` },
    { destination_conf: 's3://b?region=x', extra: { secret_token: { deep: [value] }, id: value } },
    { destination_conf: 's3://b?region=x', [core]: value },
  ];
  const good = `version: 1\nzones:\n  - zone: example.com\n    jobs:\n      - name: http\n        dataset: http_requests\n`;
  const texts = [
    `${good}        destination_conf: "https://h.example?header_Authorization=${core}\n`,
    `${good}        destination_conf: [${core}\n`,
    `${good}        destination_conf: !secret ${core}\n`,
    `${good}        destination_conf: *${core}\n`,
    `${good}        destination_conf: a: ${core}\n`,
    `${good}\t destination_conf: ${core}\n`,
    `${good}        destination_conf: "\\q${core}"\n`,
    `${good}        ${core}\n`,
    `${good}        ? ${core}\n        : ${core}\n`,
    `${good}        destination_conf: |2-x\n  ${core}\n`,
    `%TAG ! ${core}\n---\n${good}`,
    `destinations: { archive: { type: s3, secret_access_key: ${core}, secret_access_key: ${core} } }\n`,
    core,
  ];
  return [...jobs.map(oneJob), ...texts.map((text) => [{ path: 'm.yaml', text }])];
}

function safelyDecoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => decodeURIComponent(run));
}
