/** One hostile manifest a row, one after the other, given to one daemon that is in sync with a good one. */

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runDaemon } from '../../src/daemon.ts';
import { createLogger } from '../../src/edges/log/logger.ts';
import { filesSource } from '../../src/edges/source/files.ts';
import { loadSettings } from '../../src/settings.ts';
import { endOnSignal } from '../../src/signals.ts';
import { leaksIn } from '../canaries.ts';
import { HOSTILE_MANIFESTS, PASTED } from './manifests.ts';
import { ALL, HTTP_TOKEN } from './payloads.ts';
import { aHostileWorld, everyAnswer, MANIFEST, writesTo } from './world.ts';

const REFUSED = [
  ...new Map(
    HOSTILE_MANIFESTS.filter(({ codes, unreadable }) => codes.length > 0 || unreadable).map((manifest) => [
      `${manifest.row} ${String(manifest.unreadable !== undefined)}`,
      manifest,
    ]),
  ).values(),
];

/** The lines of a log, and who waits for one. */
class Lines {
  readonly all: string[] = [];
  readonly #looks = new Set<() => void>();

  readonly write = (line: string): void => {
    this.all.push(line);
    for (const look of this.#looks) look();
  };

  /** The first line from that one on that holds all of these. */
  one(from: number, ...patterns: readonly RegExp[]): Promise<string> {
    return new Promise((found) => {
      const look = (): void => {
        const line = this.all.slice(from).find((text) => patterns.every((pattern) => pattern.test(text)));
        if (line === undefined) return;
        this.#looks.delete(look);
        found(line);
      };
      this.#looks.add(look);
      look();
    });
  }
}

it(
  'a daemon in sync refuses each hostile manifest, writes nothing, stays healthy, and takes the good one again',
  { timeout: 300_000 },
  async () => {
    const world = await aHostileWorld();
    const file = join(world.folder, 'config/manifest/m.yaml');
    const put = (content: string | Uint8Array): void => {
      writeFileSync(join(world.folder, 'next'), content);
      renameSync(join(world.folder, 'next'), file);
    };
    const { settings } = loadSettings({
      flags: { manifest: join(world.folder, 'config/manifest'), state: 'memory', http: '127.0.0.1:0' },
      environment: { ...world.env, LOGPUSHD_HTTP_TOKEN: HTTP_TOKEN.core },
      cwd: world.folder,
      credentials: 'needed',
      servesHttp: true,
      logToTerminal: false,
    });
    if (settings === null) throw new Error('the settings are good');
    const lines = new Lines();
    const logger = createLogger({ level: 'debug', format: 'json', destination: lines });
    endOnSignal(() => undefined);
    const ended = runDaemon(settings, { sandbox: false, logger });
    onTestFinished(async () => {
      process.emit('SIGTERM', 'SIGTERM');
      await ended;
    });
    const started = await lines.one(0, /"statusUrl":/);
    const { statusUrl: url } = JSON.parse(started) as { statusUrl: string };
    const lookAgain = async (): Promise<void> => {
      const headers = { authorization: `Bearer ${HTTP_TOKEN.core}` };
      const { status } = await fetch(`${url}/api/v1/reconcile`, { method: 'POST', headers });
      expect(status).toBe(202);
    };
    await lines.one(0, /"event":"daemon.watching"/);
    expect(writesTo(world)).toHaveLength(1);

    const wrong: string[] = [];
    for (const { row, what, content, codes, unreadable } of REFUSED) {
      const from = lines.all.length;
      put(content);
      await lookAgain();
      if (unreadable !== undefined) {
        await lines.one(from, /"event":"manifest.unreadable"/, unreadable);
        continue;
      }
      const { revision } = await filesSource([join(world.folder, 'config/manifest')]).read(
        new AbortController().signal,
      );
      const line = await lines.one(from, /"event":"manifest\.\w+"/, new RegExp(`"revision":"${revision}"`));
      if (!line.includes('"event":"manifest.rejected"') || !line.includes(codes[0] ?? ''))
        wrong.push(`${row} ${what}: ${line.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
    const whileRefusing = await everyAnswer(url);
    expect(whileRefusing).toMatch(/^\/healthz 200 /m);
    expect(whileRefusing).toMatch(/"valid": ?false/);

    const from = lines.all.length;
    put(`${MANIFEST}# good again\n`);
    await lookAgain();
    await lines.one(from, /"event":"manifest.accepted"/);
    await lines.one(from, /"event":"pass.finished"/);
    const afterwards = await everyAnswer(url);
    expect(afterwards).toMatch(/^\/readyz 200 /m);

    expect(writesTo(world)).toHaveLength(1);
    expect(Object.keys(world.sandbox.model.jobs('example.com'))).toHaveLength(1);
    const told = lines.all.join('');
    expect(leaksIn(told + whileRefusing + afterwards, [PASTED, ...ALL])).toEqual([]);
    expect(
      told
        .trimEnd()
        .split(/[\n\r\u0085\u2028\u2029]/)
        .filter((line) => !line.startsWith('{"level":')),
    ).toEqual([]);
  },
);
