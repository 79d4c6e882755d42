import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadSettings } from '../../src/settings.ts';
import { renderFindings } from '../../src/settings/finding.ts';
import { aCanary } from '../../test/canaries.ts';
import { SCHEDULES, SETTINGS, TEXTS } from './corpus.ts';
import { mutated } from './mutate.ts';
import { target } from './target.ts';

const TOKENS = ['api token', 'http token', 'somebody else'].map((label) => aCanary(`fuzz ${label}`));
const [TOKEN, HTTP_TOKEN, OTHER] = TOKENS.map(({ core }) => core);

let folder: string | null = null;

function ownFolder(): string {
  if (folder !== null) return folder;
  const made = mkdtempSync(join(tmpdir(), 'logpushd-fuzz-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}

/** A settings file, a schedule and a time zone from flags, and a variable. */
export const settings = target(
  (dice) => ({
    file: mutated(dice.pick(SETTINGS), SETTINGS, dice),
    schedule: mutated(dice.pick(SCHEDULES), SCHEDULES, dice),
    flags: dice.roll(3) === 0,
    timezone: mutated('Europe/Berlin', TEXTS, dice),
  }),
  ({ file, schedule, flags, timezone }) => {
    const cwd = ownFolder();
    writeFileSync(join(cwd, 'settings.yaml'), file);
    const loaded = loadSettings({
      file: 'settings.yaml',
      cwd,
      flags: flags ? { schedule, timezone } : {},
      environment: {
        CLOUDFLARE_API_TOKEN: TOKEN,
        LOGPUSHD_HTTP_TOKEN: HTTP_TOKEN,
        OTHER,
        LOGPUSHD_HTTP: schedule,
      },
      credentials: 'needed',
      servesHttp: true,
      logToTerminal: false,
    });
    const output = `${renderFindings(loaded.findings)}${inspect(loaded, { depth: 9 })}${JSON.stringify(loaded)}`;
    return { output, canaries: TOKENS };
  },
);
