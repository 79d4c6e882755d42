import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cleanDeliveryError } from '../../../src/core/health/delivery-error.ts';
import { liveJobOf } from '../../../src/core/job/live.ts';
import { Secret } from '../../../src/core/secret.ts';

// The account listing of cf-terraforming's recording: keys and nulls as Cloudflare returned them.
const RECORDED = {
  dataset: 'gateway_dns',
  destination_conf: 'r2://logs/{DATE}?account-id=abc&access-key-id=KEYID&secret-access-key=S3CR3T',
  enabled: true,
  error_message: null,
  frequency: 'high',
  id: 1234,
  kind: '',
  last_complete: null,
  last_error: null,
  logpull_options: 'fields=a&timestamps=rfc3339',
  name: 'dns',
  time_created: '2024-01-01T00:00:00Z',
};

describe('a job as Cloudflare answers with it', () => {
  it('is decoded without what only Cloudflare writes', () => {
    const job = liveJobOf(RECORDED);
    expect(job).toMatchObject({ id: 1234, name: 'dns' });
    expect(job.delivery).toEqual({ lastComplete: null, lastError: null, errorMessage: null });
    expect(Object.keys(job.fields).toSorted()).toEqual([
      'dataset',
      'destination_conf',
      'enabled',
      'frequency',
      'kind',
      'logpull_options',
      'name',
    ]);
  });

  it('prints no credential', () => {
    const job = liveJobOf({ ...RECORDED, ownership_challenge: 'S3CR3T' });
    expect(`${inspect(job, { depth: 9 })}${JSON.stringify(job)}`).not.toMatch(/S3CR3T|KEYID/);
    expect(job.fields['destination_conf']).toEqual(new Secret(RECORDED.destination_conf));
  });

  it('keeps the state of delivery, and takes the destination out of the message', () => {
    const { delivery } = liveJobOf({
      ...RECORDED,
      last_complete: '2024-01-02T00:00:00Z',
      last_error: '2024-01-03T00:00:00Z',
      error_message: `PUT ${RECORDED.destination_conf}: 403`,
    });
    expect(delivery).toMatchObject({
      lastComplete: '2024-01-02T00:00:00Z',
      lastError: '2024-01-03T00:00:00Z',
      errorMessage: 'PUT r2://logs/{DATE}?account-id=abc&access-key-id=…&secret-access-key=…: 403',
    });
  });

  it('takes the secrets of any other destination out of the message', () => {
    const { delivery } = liveJobOf({
      ...RECORDED,
      error_message:
        'error from "s3://old?region=auto&secret-access-key=0LD-S3CR3T", then https://h.example/in?token=T0K3N: 403.',
    });
    expect(delivery.errorMessage).toBe(
      'error from "s3://old?region=auto&secret-access-key=…", then https://h.example/…?token=…: 403.',
    );
    const { destination_conf: _, ...withoutDestination } = RECORDED;
    const quoting = { ...withoutDestination, error_message: RECORDED.destination_conf };
    expect(liveJobOf(quoting).delivery.errorMessage).not.toContain('S3CR3T');
  });

  it('cuts a long message between two words, so that no half of a secret stays', () => {
    const secret = 'S3CR3T-of-this-job';
    const destination_conf = `s3://b?region=r&secret-access-key=${secret}`;
    for (let filler = 3_970; filler <= 4_000; filler += 1) {
      const message = `${'x '.repeat(filler / 2)}${filler % 2 ? 'y' : ''} ${secret} and more`;
      const { errorMessage } = liveJobOf({ id: 1, destination_conf, error_message: message }).delivery;
      expect(errorMessage).not.toContain(secret.slice(0, 4));
      expect(errorMessage?.length).toBeLessThanOrEqual(4_001);
    }
  });

  it.each(['key', 'token-', 'a', 'https', 'header_'])(
    'takes no longer to clean when a message is nothing but %j again and again',
    (piece) => {
      const startedAt = process.threadCpuUsage().user;
      for (const length of [4_000, 1_000_000]) {
        const error_message = `last words: ${piece.repeat(length / piece.length)}`;
        const live = liveJobOf({ ...RECORDED, error_message });
        cleanDeliveryError(live.delivery.errorMessage ?? '');
        cleanDeliveryError(error_message.slice(0, 4_000));
      }
      expect((process.threadCpuUsage().user - startedAt) / 1_000).toBeLessThan(1_000);
    },
  );

  it('hides a destination that is not a text', () => {
    const job = liveJobOf({ ...RECORDED, destination_conf: ['s3://x?secret-access-key=S3CR3T'] });
    expect(`${inspect(job, { depth: 9 })}${JSON.stringify(job)}`).not.toContain('S3CR3T');
  });

  it('takes no fields from a key that would become its prototype', () => {
    const raw = JSON.parse('{"id":1,"__proto__":{"destination_conf":"s3://S3CR3T","enabled":true}}');
    const { fields } = liveJobOf(raw);
    expect([fields['destination_conf'], fields['enabled']]).toEqual([undefined, undefined]);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });

  it('keeps keys that this release does not know', () => {
    const { fields } = liveJobOf({ ...RECORDED, future: { a: 1 }, output_options: { stringify: true } });
    expect(fields).toMatchObject({ future: { a: 1 }, output_options: { stringify: true } });
  });

  it.each([undefined, null, 5])('has an empty name where Cloudflare says %j', (name) => {
    expect(liveJobOf({ id: 1, ...(name === undefined ? {} : { name }) }).name).toBe('');
  });

  it('has the proper name of the option that the OpenAPI file misspells', () => {
    const optionsOf = (options: object) =>
      liveJobOf({ id: 1, output_options: { ...options } }).fields['output_options'];
    expect(optionsOf({ 'CVE-2021-4428': true })).toEqual({ 'CVE-2021-44228': true });
    expect(optionsOf({ 'CVE-2021-4428': true, 'CVE-2021-44228': false })).toEqual({
      'CVE-2021-44228': false,
    });
  });

  it.each([null, 7, undefined])('survives a destination that is %j', (destination) => {
    const job = liveJobOf({ id: 1, error_message: 'x', destination_conf: destination ?? null });
    expect(job.delivery.errorMessage).toBe('x');
  });
});
