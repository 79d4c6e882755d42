/** Whom the daemon tells what, with receivers on this machine. */

import { describe, expect, it } from 'vitest';
import { leaksIn, plantedCanaries } from '../canaries.ts';
import { CANARIES, Installation, sweep } from './installation.ts';

const DRIFT = 'DriftDetected';

describe('the daemon tells people', () => {
  it('once of drift and once that it is over, while another receiver hangs, from first pass to end', async () => {
    const installation = await Installation.open();
    const running = await installation.run();

    await installation.tamper({ enabled: false });
    await sweep(running);
    await installation.hung.until(() => installation.hung.got.length === 1);
    await sweep(running);
    await sweep(running);
    await installation.told.until(() => installation.of(DRIFT).length === 2);

    expect(installation.isHealed()).toBe(true);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    const [firing, resolved, ...more] = installation.of(DRIFT);
    expect([firing?.data.status, resolved?.data.status, more]).toEqual(['firing', 'resolved', []]);
    expect(resolved?.subject).toBe(firing?.subject);
    expect(installation.hung.got).toHaveLength(1);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'that it is over by the same name, where the process ended by %s in between',
    async (signal) => {
      const installation = await Installation.open();
      const before = await installation.run();
      await installation.tamper({ enabled: false });
      await sweep(before);
      await installation.told.until(() => installation.of(DRIFT).length === 1);
      before.child.kill(signal);
      await before.ended;

      installation.hung.answer = () => ({ body: 'ok' });
      await installation.run();
      await installation.told.until(() => installation.of(DRIFT).at(-1)?.data.status === 'resolved');
      await installation.hung.until(() =>
        installation.hung.got.some(({ body }) => body.includes('RESOLVED')),
      );

      const events = installation.of(DRIFT);
      const ids = [...new Set(events.map(({ id }) => id))];
      expect(new Set(events.map(({ subject }) => subject)).size).toBe(1);
      expect(ids.map((id) => id.split('.').at(-1))).toEqual(['firing', 'resolved']);
      expect(new Set(ids.map((id) => id.split('.').slice(0, 2).join('.'))).size).toBe(1);
    },
  );

  it('of a dead destination once, for all jobs that deliver there', async () => {
    const installation = await Installation.open((sandbox) => sandbox.model.failDestination('acme-logs'));
    const running = await installation.run();
    await installation.told.until(() => installation.of('DestinationFailing').length > 0);
    await sweep(running);
    running.child.kill('SIGTERM');
    await running.ended;

    const events = installation.of('DestinationFailing');
    expect(events.map(({ data: { status, labels } }) => [status, labels['destination']])).toEqual([
      ['firing', 'r2://acme-logs'],
    ]);
    expect(installation.of('ChangeFailed')).toEqual([]);
    expect(events[0]?.data.count).toBeGreaterThan(1);
  });

  it('of what Cloudflare disabled once, and once that it is over, over a restart and while our clock stands', async () => {
    const installation = await Installation.open();
    const before = await installation.run();
    const { sandbox } = installation;
    sandbox.advance(120_000);
    await sweep(before);
    sandbox.model.failDestination('acme-logs');
    sandbox.advance(25 * 3_600_000);
    await sweep(before);
    await installation.told.until(() => installation.of('JobDisabled').length === 1);
    before.child.kill('SIGKILL');
    await before.ended;

    const after = await installation.run();
    sandbox.model.healDestination('acme-logs');
    await installation.enableAll();
    await sweep(after);
    await installation.told.until(() => installation.of('JobDisabled').at(-1)?.data.status === 'resolved');

    const events = installation.of('JobDisabled');
    // One that was taken right before the kill may come twice, under one id.
    const ids = [...new Set(events.map(({ id }) => id))];
    expect(ids.map((id) => id.split('.').at(-1))).toEqual(['firing', 'resolved']);
    expect(new Set(events.map(({ subject }) => subject)).size).toBe(1);
    expect(installation.of(DRIFT)).toEqual([]);
    expect(installation.of('JobFailing')).toEqual([]);
  });

  it('no secret, of its own or of somebody who was there', async () => {
    const installation = await Installation.open();
    const running = await installation.run();
    const { foreign } = CANARIES;
    const keys = `account-id=0123456789abcdef0123456789abcdef&access-key-id=${foreign}&secret-access-key=${foreign}`;
    await installation.tamper({ enabled: false, destination_conf: `r2://stolen/{DATE}?${keys}` });
    await sweep(running);
    await installation.told.until(() => installation.of(DRIFT).length === 1);
    await installation.hung.until(() => installation.hung.got.length === 1);

    const bytes = [...installation.told.got, ...installation.hung.got]
      .map((got) => JSON.stringify(got))
      .join();
    expect(bytes).toContain('destination_conf');
    expect(leaksIn(bytes, plantedCanaries())).toEqual([]);
  });
});
