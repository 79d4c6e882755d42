/** Who changed a job, as a daemon that asks for the audit log finds out, however late that log is. */

import { describe, expect, it } from 'vitest';
import { Installation, sweep } from './installation.ts';

const EVE = 'eve@example.com';
const POLLING = { LOGPUSHD_AUDIT_INTERVAL_SECONDS: '10', LOGPUSHD_MODE: 'warn' };
const LAG_MS = 3_600_000;

// A poll comes every ten seconds, no sooner.
describe('somebody who disables a job in the dashboard', { timeout: 120_000 }, () => {
  it('is found and named by the next poll, at the cost of one listing', async () => {
    const installation = await Installation.open();
    const running = await installation.run(POLLING);
    const before = installation.sandbox.requests().length;

    await installation.tamper({ enabled: false }, EVE);
    await running.says(/"event":"drift.found".*"by":"eve@example.com","way":"dashboard"/);
    await running.says(/"event":"pass.finished".*"triggers":\["audit"\]/);
    await installation.told.until(() => installation.of('DriftDetected').length === 1);

    const asked = installation.sandbox
      .requests()
      .slice(before)
      .filter(({ method, path }) => method === 'GET' && path.endsWith('/logpush/jobs'));
    expect(asked).toHaveLength(1);
    const [firing] = installation.of('DriftDetected');
    expect(firing?.data.summary).toBe('Logpush job "dns" in example.com was disabled at Cloudflare');
    expect(firing?.data.detail).toContain(`By ${EVE} in the dashboard`);
    expect(installation.told.got).toHaveLength(1);
  });

  it.each(['constant', 'batched'] as const)(
    'is named in the end of the one alert, and to a receiver that hung, where the log is late (%s), over a restart',
    async (kind) => {
      const installation = await Installation.open((sandbox) => {
        sandbox.model.changeSwitches({ audit_lag: kind, audit_lag_ms: LAG_MS });
      });
      const first = await installation.run(POLLING);
      await installation.tamper({ enabled: false }, EVE);
      await sweep(first);
      await installation.told.until(() => installation.of('DriftDetected').length === 1);
      // Twice as long, as the last of a batch may just have been missed.
      installation.sandbox.advance(2 * LAG_MS);
      await first.says(/"event":"drift.attributed".*"by":"eve@example.com"/);
      first.child.kill('SIGTERM');
      await first.ended;

      installation.hung.answer = () => ({ body: 'ok' });
      const second = await installation.run(POLLING);
      await installation.tamper({ enabled: true }, EVE);
      await sweep(second);
      await installation.told.until(() => installation.of('DriftDetected').length === 2);
      await installation.hung.until(() =>
        installation.hung.got.some(({ body }) => body.includes('RESOLVED')),
      );
      second.child.kill('SIGTERM');
      expect(await second.ended).toEqual({ code: 0, signal: null });

      const events = installation.of('DriftDetected');
      expect(events.map(({ data }) => data.status)).toEqual(['firing', 'resolved']);
      expect(new Set(events.map(({ subject }) => subject)).size).toBe(1);
      expect(events.map(({ data: { detail } }) => detail.includes(`By ${EVE}`))).toEqual([false, true]);
      const late = installation.hung.got.map(({ body }) => body).filter((body) => body.includes(EVE));
      expect(late.join()).toContain('WARNING: Logpush job');
      expect(late.join()).toContain('RESOLVED: Logpush job');
    },
  );
});
