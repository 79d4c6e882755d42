/** Rows H17, H23-H34, H41, H47: what people can write at Cloudflare, on its way to everybody who reads us. */

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { leaksIn } from '../canaries.ts';
import { run } from '../e2e/process.ts';
import { ALL, DESIRED, hostileJob, PAYLOADS, TOKEN } from './payloads.ts';
import { aDaemon, aHostileWorld, everyAnswer, type HostileWorld, writesTo } from './world.ts';

/** What acts on a terminal, reorders a line or is invisible, with what stands around it. */
function unsafeIn(text: string): readonly string[] {
  return [...text.matchAll(/.{0,20}(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}].{0,20}/gu)].map(([found]) =>
    JSON.stringify(found),
  );
}

async function plantedWorld(): Promise<HostileWorld> {
  const world = await aHostileWorld();
  for (const { text } of PAYLOADS) world.sandbox.model.plantJob('example.com', hostileJob(text));
  return world;
}

describe('a command that shows hostile live jobs', () => {
  it.each<readonly string[]>([
    ['plan', '--output', 'text'],
    ['plan', '--output', 'json'],
    ['plan', '--output', 'markdown'],
    ['plan', '--output', 'github'],
    ['plan', '--prune', 'all', '--max-removals', '1000', '--output', 'text'],
    ['plan', '--prune', 'all', '--max-removals', '1000', '--output', 'markdown'],
    ['plan', '--prune', 'all', '--max-removals', '1000', '--output', 'github'],
    ['plan', '--log-level', 'debug', '--log-format', 'pretty'],
    ['render'],
    ['export', '--all'],
    ['apply', '--adopt', 'never'],
  ])('%s %s %s %s %s %s: prints no secret and nothing that acts on a terminal', async (...args) => {
    const world = await plantedWorld();
    const { code, stdout, stderr } = await run(
      args.filter((arg) => arg !== undefined),
      { cwd: world.folder, env: world.env },
    );

    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(leaksIn(`${stdout}\n${stderr}`, ALL)).toEqual([]);
    expect(unsafeIn(`${stdout}${stderr}`)).toEqual([]);
    const mayWrite = args[0] === 'apply';
    expect(writesTo(world).filter((write) => !mayWrite || !write.startsWith('POST'))).toEqual([]);
  });

  it('writes annotations for GitHub only of its own', async () => {
    const world = await plantedWorld();
    const args = ['plan', '--prune', 'all', '--max-removals', '1000', '--output', 'github'];
    const { stdout } = await run(args, { cwd: world.folder, env: world.env });
    const commands = stdout.split('\n').filter((line) => line.includes('::'));
    expect(commands.length).toBeGreaterThan(PAYLOADS.length);
    expect(commands.filter((line) => !/^::(notice|warning|error) /.test(line))).toEqual([]);
    expect(stdout).not.toMatch(/^::(error file=a|set-output)/m);
  });

  it('mentions nobody and links nowhere in Markdown', async () => {
    const world = await plantedWorld();
    const args = ['plan', '--prune', 'all', '--max-removals', '1000', '--output', 'markdown'];
    const { stdout } = await run(args, { cwd: world.folder, env: world.env });
    const outsideOfCode = stdout.replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/g, '');
    expect(outsideOfCode).not.toMatch(/@[a-z]|<(script|img|svg|base|!--[^>])|\]\(http/i);
  });

  it('exports YAML that reads back, with no secret and no reference that it did not make', async () => {
    const world = await plantedWorld();
    const { stdout } = await run(['export', '--all'], { cwd: world.folder, env: world.env });
    const names = (parse(stdout) as { zones: { jobs: { name: string }[] }[] }).zones.flatMap(({ jobs }) =>
      jobs.map(({ name }) => name),
    );
    // The others repeat, in their name, what stands in the place of a secret, and are left out.
    expect(names.length).toBeGreaterThan(PAYLOADS.length / 2);
    expect(stdout).not.toMatch(/(?<!\$)\$\{env:/);
  });
});

describe('a daemon that watches hostile live jobs', () => {
  it.each<[how: string, settings: Record<string, string>]>([
    ['only watches', {}],
    ['deletes them', { LOGPUSHD_PRUNE: 'all', LOGPUSHD_GUARD_MAX_REMOVALS: '1000' }],
    ['refuses to delete them', { LOGPUSHD_PRUNE: 'all', LOGPUSHD_GUARD_MAX_REMOVALS: '1' }],
  ])(
    'and %s logs a line a record, escapes each page and lets no name into a label',
    async (_how, settings) => {
      const world = await plantedWorld();
      const daemon = await aDaemon(world, settings);
      const told = await everyAnswer(daemon.url);
      const page = await (await fetch(daemon.url)).text();
      const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
      daemon.running.child.kill('SIGTERM');
      expect((await daemon.running.ended).code).toBe(0);

      const log = daemon.running.stderr;
      const records = log.split(/\r\n|[\n\r\u0085\u2028\u2029]/).filter((line) => line !== '');
      const events = records.map((line) => (JSON.parse(line) as { event: string }).event);
      expect(events).not.toContain('forged');
      expect(events).toContain('pass.finished');
      expect(unsafeIn(log)).toEqual([]);

      expect(leaksIn(log + told, ALL)).toEqual([]);
      expect(unsafeIn(page)).toEqual([]);
      const tags = [...page.matchAll(/<[a-z!/][^>]*>/gi)].map(([tag]) => tag);
      expect(tags.filter((tag) => /^<\/?(script|img|svg|base|iframe|form|object)/i.test(tag))).toEqual([]);
      expect(
        tags.filter((tag) => /\son[a-z]+=|javascript:|href="(?!api\/v1\/status"|metrics")/i.test(tag)),
      ).toEqual([]);
      expect(metrics).not.toMatch(/^logpushd_forged/m);
      const sample = /^(#.*|[a-z_0-9]+(\{([a-z_]+="([^"\\\n]|\\.)*",?)*\})? \S+|)$/;
      expect(metrics.split('\n').filter((line) => !sample.test(line))).toEqual([]);
    },
  );

  it('writes to no look-alike of its own jobs', async () => {
    const world = await aHostileWorld();
    const planted = ['http-\u0430rchive', 'HTTP-ARCHIVE', 'http-archive ', 'http-archive\u200B'].map((name) =>
      world.sandbox.model.plantJob('example.com', hostileJob(name)),
    );
    const daemon = await aDaemon(world);
    const ids = planted.map(({ id }) => Number(id));
    expect(writesTo(daemon).filter((write) => ids.some((id) => write.endsWith(`/${id}`)))).toEqual([]);
    expect(writesTo(daemon).filter((write) => write.startsWith('POST'))).toHaveLength(1);
  });
});

describe('an error of Cloudflare that echoes what we sent', () => {
  const echoes = [DESIRED, TOKEN].flatMap((canary) =>
    [
      (text: string) => text,
      encodeURIComponent,
      (text: string) => encodeURIComponent(encodeURIComponent(text)),
      (text: string) => Buffer.from(text).toString('base64'),
      (text: string) => Buffer.from(`Bearer ${text}`).toString('base64'),
      (text: string) => Buffer.from(text).toString('hex').toUpperCase(),
      (text: string) => text.toUpperCase(),
      (text: string) => JSON.stringify({ a: JSON.stringify(text) }),
      (text: string) => text.slice(5, 30),
    ].map((encode) => encode(canary.core)),
  );

  it('reaches nobody with a secret in it', async () => {
    const world = await aHostileWorld();
    const message = `\u001B[31mrefused\n{"event":"forged"} ${echoes.join(' ')}`;
    world.sandbox.faults.add({
      method: 'POST',
      path: '/zones/*/logpush/jobs',
      times: null,
      outcome: { kind: 'answer', status: 400, body: { success: false, errors: [{ code: 1002, message }] } },
    });
    const applied = await run(['apply'], { cwd: world.folder, env: world.env });
    expect(applied.code).toBe(1);
    const daemon = await aDaemon(world);
    const told = applied.stdout + applied.stderr + daemon.running.stderr + (await everyAnswer(daemon.url));
    expect(told).toContain('refused');
    expect(leaksIn(told, ALL)).toEqual([]);
    expect(unsafeIn(told)).toEqual([]);
    expect(daemon.running.stderr).not.toMatch(/"event":"forged"/);
  });
});
