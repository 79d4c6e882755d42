import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBody, updateBody } from '../../../src/core/job/body.ts';
import { differencesOf, managedValues } from '../../../src/core/job/diff.ts';
import type { JobFields, JsonObject, JsonValue } from '../../../src/core/job/job.ts';
import { liveJobOf } from '../../../src/core/job/live.ts';
import { Secret } from '../../../src/core/secret.ts';
import {
  defaultOptions,
  desiredFields,
  destination,
  echo,
  type Echo,
  echoed,
  otherValue,
  respelled,
  stored,
} from './job-arbitraries.ts';

const PLAIN: Echo = {
  zeros: 'kept',
  options: 'as-sent',
  reformatFilter: false,
  reencode: false,
  plusForSpace: false,
  backwards: false,
  injected: false,
};

function live(job: JsonObject, mode: Echo): JobFields {
  return liveJobOf(echoed(job, mode)).fields;
}

function pathsOf(desired: JobFields, found: JobFields): readonly string[] {
  return differencesOf(desired, found, []).map(({ path }) => path);
}

function withDestination(fields: JobFields, change: (text: string) => string): JobFields {
  const { destination_conf: conf } = fields;
  return { ...fields, destination_conf: new Secret(change((conf as Secret).reveal())) };
}

describe('a job that was created as the manifest says', () => {
  it('has no difference, however Cloudflare echoes it', () => {
    fc.assert(
      fc.property(desiredFields, echo, (desired, mode) => {
        expect(pathsOf(desired, live(stored({}, createBody(desired)), mode))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('has exactly the difference of the one field that somebody changed', () => {
    const chosen = fc.nat();
    fc.assert(
      fc.property(desiredFields, echo, chosen, (desired, mode, index) => {
        const created = stored({}, createBody(desired));
        const paths = [...managedValues(desired, []).keys()];
        const path = paths[index % paths.length] ?? '';
        const changed = changedAt(path, desired, created);
        fc.pre(changed !== null);
        expect(pathsOf(desired, live(changed ?? {}, mode))).toEqual([path]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a job that was updated as the plan says', () => {
  it('has no difference left, and keeps what this release does not know', () => {
    fc.assert(
      fc.property(desiredFields, desiredFields, echo, echo, (desired, other, before, after) => {
        // dataset and kind cannot be updated.
        const wanted = without(desired, 'dataset', 'kind');
        const foreign = withUnknownOption(stored({ unknown_field: 1 }, createBody(other)));
        const found = live(foreign, before);
        const paths = pathsOf(wanted, found);
        const sent = updateBody(wanted, found, paths);
        const result = stored(foreign, sent);
        expect(pathsOf(wanted, live(result, after))).toEqual([]);
        expect(result['unknown_field']).toBe(1);
        const mayForget = wanted['output_options'] === null || !hasUnknown(foreign['output_options']);
        expect(mayForget || hasUnknown(result['output_options'])).toBe(true);
        expect(Object.keys(sent).filter((key) => !mayBeSent(key, paths))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the remembered text', () => {
  it('is the same for every spelling of the manifest', () => {
    fc.assert(
      fc.property(desiredFields, echo, (desired, mode) => {
        const spelled = withDestination(desired, (text) => respelled(text, mode));
        expect(managedValues(spelled, [])).toEqual(managedValues(desired, []));
      }),
    );
  });

  it('is that of the difference, whatever is live', () => {
    fc.assert(
      fc.property(desiredFields, desiredFields, echo, (desired, other, mode) => {
        const texts = managedValues(desired, []);
        for (const { path, desiredText } of differencesOf(desired, live(stored({}, other), mode), [])) {
          expect(desiredText).toBe(texts.get(path));
        }
      }),
    );
  });
});

describe('a masked answer', () => {
  it.each(['***', 'REDACTED', ''])('(%j) differs in nothing but values that it does not show', (mask) => {
    fc.assert(
      fc.property(desiredFields, (desired) => {
        const masked = withDestination(desired, (text) =>
          text.replaceAll(/((?:secret-access-key|access-key-id|header_[^=]*|tag)=)[^&]*/g, `$1${mask}`),
        );
        const { destination_conf: conf, ...others } = masked;
        const found = { ...live(stored({}, createBody(others)), PLAIN), destination_conf: conf ?? null };
        for (const { path, secret, liveText } of differencesOf(desired, found, [])) {
          expect(path.startsWith('destination_conf.')).toBe(true);
          expect({ secret, liveText }).toEqual({ secret: true, liveText: undefined });
        }
      }),
    );
  });
});

it('a difference shows no secret', () => {
  fc.assert(
    fc.property(destination, destination, fc.stringMatching(/^[A-Z0-9]{12}$/), (one, other, secret) => {
      const withSecret = (text: string) =>
        text.replaceAll(/((?:key|key-id|header_[^=]*|tag)=)[^&]*/gi, `$1${secret}`);
      const found = differencesOf(
        { destination_conf: new Secret(withSecret(one)) },
        { destination_conf: new Secret(withSecret(other)) },
        [],
      );
      const shown = found.map(({ before, after, path }) => ({ before, after, path }));
      expect(JSON.stringify(shown)).not.toContain(secret);
    }),
  );
});

/** The stored job with another meaning at this path, or null where there is none to be had. */
function changedAt(path: string, desired: JobFields, job: JsonObject): JsonObject | null {
  const [top = '', ...rest] = path.split('.');
  const name = rest.join('.');
  const conf = job['destination_conf'] as string;
  if (top === 'destination_conf') return { ...job, destination_conf: changedDestination(conf, name) };
  if (top === 'filter') return { ...job, filter: '{"where":{"key":"Other","operator":"eq","value":1}}' };
  // To an HTTPS destination the equal output_options were sent, and what the text says counts for nothing.
  if (top === 'logpull_options' && 'output_options' in job) return null;
  if (top === 'logpull_options') return { ...job, logpull_options: 'timestamps=rfc3339ns' };
  if (path === 'output_options') return { ...job, output_options: { sample_rate: 0.25 } };
  if (top !== 'output_options') return { ...job, [top]: otherValue(top, job[top], { frequency: 'high' }) };
  const options = (job['output_options'] ?? {}) as JsonObject;
  const wanted = desired['output_options'] as JsonObject;
  const type = wanted['output_type'] ?? 'ndjson';
  return {
    ...job,
    output_options: { ...options, [name]: otherValue(path, wanted[name], defaultOptions(type)) },
  };
}

function changedDestination(conf: string, name: string): string {
  const isUnderstood = !conf.startsWith('newthing:');
  if (name === '') return isUnderstood ? conf.replace('://', '://other') : `${conf}x`;
  if (name === 'path') return conf.replace(/(\?|$)/, 'x$1');
  return conf.replace(new RegExp(`([?&]${name}=[^&]*)`), '$1x');
}

function without(fields: JobFields, ...names: readonly string[]): JobFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function withUnknownOption(job: JsonObject): JsonObject {
  const { output_options: options } = job;
  if (typeof options !== 'object' || options === null) return job;
  return { ...job, output_options: { ...(options as JsonObject), unknown_option: 1 } };
}

function hasUnknown(options: JsonValue | undefined): boolean {
  return typeof options === 'object' && options !== null && 'unknown_option' in options;
}

function mayBeSent(key: string, paths: readonly string[]): boolean {
  if (key === 'output_options' && paths.includes('logpull_options')) return true;
  return paths.some((path) => path === key || path.startsWith(`${key}.`));
}
