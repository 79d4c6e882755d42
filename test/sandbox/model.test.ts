import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CloudflareModel } from '../../src/sandbox/model/cloudflare.ts';
import { START } from './open-sandbox.ts';

function play(seed: string): string[] {
  let now = START;
  const model = new CloudflareModel({ now: () => now, seed, switches: { jobs_per_zone: null } });
  const zone = model.zones()[0]?.id ?? '';
  const send = (method: string, path: string, body: unknown = '') => {
    const target = `/client/v4/zones/${zone}/logpush/${path}`;
    const headers = { authorization: 'Bearer t' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const { status, headers: sent, body: answer } = model.handle({ method, target, headers, body: text });
    now += 1000;
    return JSON.stringify([status, sent, answer]);
  };
  const conf = 's3://bucket/x?region=r&access-key-id=a&secret-access-key=b&endpoint=e';
  return [
    send('POST', 'jobs', { destination_conf: conf, enabled: true }),
    send('POST', 'ownership', { destination_conf: 'gs://bucket' }),
    send('POST', 'edge', {}),
    send('PUT', 'jobs/1001', { name: 'n' }),
    send('GET', 'jobs'),
    send('DELETE', 'jobs/1001'),
    send('GET', 'jobs'),
  ];
}

describe('the model', () => {
  it('answers with the same bytes for the same seed, and with other ids for another', () => {
    expect(play('a')).toEqual(play('a'));
    expect(play('a')).not.toEqual(play('b'));
  });

  it('answers listings of the past without changing the present', () => {
    let now = START;
    const model = new CloudflareModel({ now: () => now });
    const zone = model.zones()[0]?.id ?? '';
    model.plantJob('example.com', { name: 'a', destination_conf: 'https://h.example' });
    now += 5000;
    const target = `/client/v4/zones/${zone}/logpush/jobs`;
    const list = (options?: { asOf: number }): any =>
      JSON.parse(
        model.handle({ method: 'GET', target, headers: { authorization: 'Bearer t' }, body: '' }, options)
          .body,
      );
    expect(list({ asOf: START - 1 }).result).toEqual([]);
    expect(list().result).toHaveLength(1);
  });

  it('forgets nothing of a scope when a zone is added again', () => {
    const model = new CloudflareModel({ now: () => START });
    model.plantJob('example.com', { name: 'a', destination_conf: 'https://h.example' });
    model.addZone({ name: 'example.com', status: 'moved' });
    expect(model.jobs('example.com')).toHaveLength(1);
    expect(model.zones().find((zone) => zone.name === 'example.com')?.status).toBe('moved');
  });

  it('answers anything a caller can send with an envelope, and never throws', () => {
    const paths = [
      'jobs',
      'jobs/1001',
      'ownership',
      'ownership/validate',
      'validate/destination',
      'validate/destination/exists',
      'validate/origin',
      'edge',
      'transformers',
      'transformers/preview',
      'datasets/__proto__/fields',
    ];
    const keys = fc.constantFrom(
      ...'destination_conf dataset name kind filter output_options logpull_options enabled __proto__ constructor'.split(
        ' ',
      ),
      ...'max_upload_bytes transformer_id ownership_challenge fields sample code sql input where key value'.split(
        ' ',
      ),
    );
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'https://h.example/x',
        's3://b?region=r',
        'azure://c/p?sig=%',
        '{"where":{"and":[]}}',
        'a.b.c',
        'SELECT * FROM x',
      ),
    );
    const body = fc.dictionary(keys, fc.oneof(text, fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())));
    const model = new CloudflareModel({
      now: () => START,
      switches: { jobs_per_zone: null, ownership: 'off' },
    });
    const [zone, account] = [model.zones()[0]?.id, model.accounts()[0]?.id];
    model.plantJob('example.com', { destination_conf: 'https://h.example/x', enabled: true });
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', '__proto__'),
        fc.constantFrom(`zones/${zone}`, `accounts/${account}`),
        fc.constantFrom(...paths),
        fc.oneof(
          body.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        (method, scope, path, sent) => {
          const target = `/client/v4/${scope}/logpush/${path}`;
          const answer = model.handle({ method, target, headers: { authorization: 'Bearer t' }, body: sent });
          const { success, errors } = JSON.parse(answer.body);
          expect(success).toBe(answer.status < 400);
          expect(errors.length > 0).toBe(answer.status >= 400);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
