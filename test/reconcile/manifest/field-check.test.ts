import { describe, expect, it } from 'vitest';
import { NotFoundError, UnreachableError } from '../../../src/reconcile/errors.ts';
import { World, type WrittenJob } from '../world.ts';

const [A, B, C] = ['example.com', 'b.example', 'c.example'] as const;
const OFFLINE = new UnreachableError({ action: 'list fields', cause: 'HTTP 503' });

function job(name: string, names: readonly string[], more: Omit<WrittenJob, 'name'> = {}): WrittenJob {
  return { name, output_options: { field_names: names }, ...more };
}

function fieldCalls({ cloudflare: { calls } }: World): readonly string[] {
  return calls.filter((call) => call.startsWith('fields '));
}

describe('the name of a field that the dataset does not have', () => {
  it('is never sent: its job is left alone with a finding, and every other job is written', async () => {
    const world = await World.open();
    world.write({
      [A]: [job('one', ['RayID', 'ClientIPP']), job('two', ['RayID'])],
      [B]: [job('one', ['RayID'])],
    });
    const result = await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['two']);
    expect(world.cloudflare.names(B)).toEqual(['one']);
    const plan = result.plans.find(({ scope }) => scope.name === A);
    expect(plan?.desired.blocked[0]?.findings).toEqual([
      {
        severity: 'error',
        code: 'unknown-field',
        origin: { file: 'manifest.yaml', line: 15, column: 8 },
        path: 'zones[0].jobs[0].output_options.field_names[1]',
        message:
          '"ClientIPP" is not a field of http_requests. Did you mean "ClientIP"? "logpushd fields http_requests --zone example.com" lists all. Nothing is written to this job until the name is mended.',
      },
    ]);
    expect(plan?.withheld).toMatchObject([
      {
        name: 'one',
        action: 'create',
        reason: expect.stringMatching(/^manifest\.yaml:15:8: "ClientIPP" is not/),
      },
    ]);
  });

  it('neither changes nor deletes the live job, and the job is written once the name is mended', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one', ['RayID'])] });
    world.write({ [A]: [job('one', ['RayID', 'ClientIPP'])] });
    await world.change();
    expect(world.cloudflare.jobs(A)).toMatchObject([{ output_options: { field_names: ['RayID'] } }]);
    world.write({ [A]: [job('one', ['RayID', 'ClientIP'])] });
    await world.change();
    expect(world.cloudflare.jobs(A)).toMatchObject([
      { output_options: { field_names: ['RayID', 'ClientIP'] } },
    ]);
  });

  it.each<[where: string, fields: Omit<WrittenJob, 'name'>, place: string]>([
    ['a filter', { filter: { where: { key: 'RayId', operator: 'eq', value: 'a' } } }, 'filter.where.key'],
    ['a template', { output_options: { record_template: '{{.RayId}}' } }, 'output_options.record_template'],
    ['logpull_options', { logpull_options: 'fields=RayId' }, 'logpull_options'],
    [
      'what is left out of all, which would let it through',
      { output_options: { field_names: { all_except: ['RayId'] } } },
      'output_options.field_names.all_except[0]',
    ],
  ])('is found in %s', async (_, fields, place) => {
    const world = await World.open();
    world.write({ [A]: [{ name: 'one', ...fields }] });
    const [plan] = (await world.pass()).plans;
    expect(plan?.desired.blocked).toMatchObject([
      { findings: [{ code: 'unknown-field', path: `zones[0].jobs[0].${place}` }] },
    ]);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('is not looked for in what a write leaves out, so that it keeps nothing else from being healed', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one', ['RayID'])] });
    world.cloudflare.fields.all.splice(0, 3, 'Other');
    world.cloudflare.tamper('one', { enabled: false }, A);
    await world.clock.advance(60 * 60_000);
    await world.pass();
    expect(world.cloudflare.writes()).toEqual(['update one']);
    expect(fieldCalls(world)).toEqual([]);
  });
});

describe('a field list that is left to others', () => {
  it('is not checked, since it is not sent', async () => {
    const world = await World.open();
    const ignore = ['output_options.field_names'];
    await world.settle({ [A]: [job('one', ['RayID'], { ignore })] });
    world.write({
      [A]: [job('one', ['Nope'], { ignore, output_options: { field_names: ['Nope'], sample_rate: 0.5 } })],
    });
    await world.pass();
    expect(world.cloudflare.jobs(A)).toMatchObject([
      { output_options: { field_names: ['RayID'], sample_rate: 0.5 } },
    ]);
  });
});

describe('the lists of fields that names are checked with', () => {
  it('cost one call for all zones, and none where nothing is written', async () => {
    const world = await World.open();
    world.write({
      [A]: [job('one', ['RayID'])],
      [B]: [job('one', ['RayID'])],
      [C]: [job('one', ['ClientIP'])],
    });
    await world.pass();
    expect(fieldCalls(world)).toHaveLength(1);
    expect(world.cloudflare.writes()).toHaveLength(3);
    await world.clock.advance(60 * 60_000);
    world.forget();
    await world.pass();
    expect(fieldCalls(world)).toEqual([]);
  });

  it('are those of the zone itself before a name of it is called unknown', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one', ['RayID'])], [B]: [job('one', ['BotScore'])] });
    world.cloudflare.fail(`fields http_requests ${B}`, async () => new Map([['BotScore', '']]), 9);
    const result = await world.pass();
    expect(result.plans.flatMap(({ withheld }) => withheld)).toEqual([]);
    expect(world.cloudflare.writes()).toHaveLength(2);
  });

  it('are asked for anew before a name is called unknown that may be new', async () => {
    const world = await World.open();
    await world.settle({ [A]: [job('one', ['RayID'])] });
    world.cloudflare.fields.all.push('BotScore');
    await world.clock.advance(60_000);
    world.write({ [A]: [job('one', ['RayID', 'BotScore'])] });
    await world.change();
    expect(world.cloudflare.writes()).toEqual(['update one']);
  });

  it('cost nothing more in the sweeps of an hour for a name that stays wrong', async () => {
    const world = await World.open();
    world.write({ [A]: [job('one', ['Nope'])], [B]: [job('one', ['Nope'])] });
    await world.change();
    world.forget();
    await world.clock.advance(15 * 60_000);
    await world.sweep();
    expect(fieldCalls(world)).toEqual([]);
    expect(world.told('scope.planned')[0]?.plan.withheld).toMatchObject([{ name: 'one' }]);
  });

  it('are awaited where they cannot be had now: nothing is sent unchecked', async () => {
    const world = await World.open();
    world.cloudflare.fail(`fields http_requests ${A}`, OFFLINE);
    world.write({ [A]: [job('one', ['RayID']), { name: 'two' }] });
    await world.change();
    expect(world.cloudflare.names(A)).toEqual(['two']);
    expect(world.told('scope.planned')[0]?.plan.withheld).toMatchObject([
      { name: 'one', reason: OFFLINE.message },
    ]);
    await world.wait(2_500);
    expect(world.cloudflare.names(A)).toEqual(['two', 'one']);
  });

  it('are asked for by the others where the one who asked for all gets none', async () => {
    const world = await World.open();
    for (const zone of [A, B, C]) world.cloudflare.zone(zone);
    world.cloudflare.fail(`fields http_requests ${B}`, OFFLINE);
    world.write({ [A]: [job('one', ['Nope'])], [B]: [job('one', ['RayID'])], [C]: [job('one', ['RayID'])] });
    await world.pass();
    expect([A, B, C].map((zone) => world.cloudflare.names(zone))).toEqual([[], [], ['one']]);
  });

  it.each([
    ['refuses them', new NotFoundError({ action: 'list fields' })],
    ['lists no field at all', async () => new Map()],
  ])('prove nothing where Cloudflare %s: the write goes on', async (_, fault) => {
    const world = await World.open();
    world.cloudflare.fail(`fields http_requests ${A}`, fault, 9);
    world.write({ [A]: [job('one', ['Anything'])] });
    await world.pass();
    expect(world.cloudflare.names(A)).toEqual(['one']);
  });
});
