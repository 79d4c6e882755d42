/** One hostile manifest a row, one after the other, given to a daemon that is in sync with a good one. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leaksIn } from '../canaries.ts';
import { HOSTILE_MANIFESTS, PASTED } from './manifests.ts';
import { ALL } from './payloads.ts';
import { aDaemon, aHostileWorld, everyAnswer, MANIFEST, writesTo } from './world.ts';

const REFUSED = [
  ...new Map(
    HOSTILE_MANIFESTS.filter(({ codes, unreadable }) => codes.length > 0 || unreadable).map((manifest) => [
      `${manifest.row} ${String(manifest.unreadable !== undefined)}`,
      manifest,
    ]),
  ).values(),
];
const EVENT = /"event":"manifest\.(rejected|unreadable|accepted)"[^\n]*/;

describe('a daemon that is in sync', () => {
  it(
    'refuses every hostile manifest, writes nothing, goes on, and takes the good one again',
    { timeout: 300_000 },
    async () => {
      const daemon = await aDaemon(await aHostileWorld());
      const file = join(daemon.folder, 'config/manifest/m.yaml');
      const put = (content: string | Uint8Array): void => {
        writeFileSync(join(daemon.folder, 'next'), content);
        renameSync(join(daemon.folder, 'next'), file);
      };
      expect(writesTo(daemon)).toHaveLength(1);

      const wrong: string[] = [];
      for (const { row, what, content, codes, unreadable } of REFUSED) {
        put(content);
        const [line] = await daemon.running.says(EVENT);
        const expected = unreadable ?? new RegExp(codes[0] ?? '');
        if (line.includes('manifest.accepted') || !expected.test(line))
          wrong.push(`${row} ${what}: ${line.slice(0, 200)}`);
      }
      expect(wrong).toEqual([]);
      const whileRefusing = await everyAnswer(daemon.url);
      expect(whileRefusing).toMatch(/^\/healthz 200 /m);
      expect(whileRefusing).toMatch(/"valid": false/);

      put(`${MANIFEST}# good again\n`);
      await daemon.running.says(/"event":"manifest.accepted"/);
      daemon.running.child.kill('SIGHUP');
      await daemon.running.says(/"event":"pass.finished"/);
      daemon.running.child.kill('SIGTERM');
      expect(await daemon.running.ended).toEqual({ code: 0, signal: null });

      expect(writesTo(daemon)).toHaveLength(1);
      const log = daemon.running.stderr;
      expect(leaksIn(log + whileRefusing, [PASTED, ...ALL])).toEqual([]);
      const lines = log.trimEnd().split(/[\n\r\u0085\u2028\u2029]/);
      expect(lines.filter((line) => !line.startsWith('{"level":'))).toEqual([]);
      expect(readFileSync(file, 'utf8')).toContain('good again');
    },
  );
});
