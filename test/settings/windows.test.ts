import { describe, expect, it } from 'vitest';
import { type LoadedSettings, loadSettings } from '../../src/settings.ts';

function load(windows: unknown): LoadedSettings {
  return loadSettings({
    flags: { windows: JSON.stringify(windows), timezone: 'Europe/Berlin' },
    environment: {},
    cwd: import.meta.dirname,
    credentials: 'unused',
    logToTerminal: false,
  });
}

const NIGHT = { actions: ['delete'], cron: '0 2 * * 1-5', duration: '2h' };

describe('change windows', () => {
  it('are in the time zone of the schedule unless they say another one', () => {
    const { settings } = load([NIGHT, { ...NIGHT, timezone: 'Asia/Tokyo' }]);
    expect(settings?.windows).toMatchObject([
      {
        actions: ['delete'],
        ms: 7_200_000,
        timezone: 'Europe/Berlin',
        opening: { hour: [2], dayOfWeek: [1, 2, 3, 4, 5] },
      },
      { timezone: 'Asia/Tokyo' },
    ]);
  });

  it.each([
    [{ ...NIGHT, cron: 'at night long' }, '5 fields'],
    [{ ...NIGHT, cron: '0 0 2 * * *' }, '5 fields'],
    [{ ...NIGHT, cron: '0 2 L * *' }, '5 fields'],
    [{ ...NIGHT, cron: '0 2 31 2 *' }, '5 fields'],
    [{ ...NIGHT, duration: 'two hours' }, '7 days'],
    [{ ...NIGHT, duration: '8d' }, '7 days'],
    [{ ...NIGHT, timezone: 'Europe/Berln' }, 'IANA'],
    [{ ...NIGHT, actions: [] }, ''],
    [{ ...NIGHT, actions: ['heal'] }, 'delete'],
  ])('are refused where they cannot be meant: %j', (window, message) => {
    const { settings, findings } = load([NIGHT, window]);
    expect(settings).toBeNull();
    expect(findings.map((one) => one.message).join()).toContain(message);
  });
});
