/** What every place of the state does, whatever it is made of. */

import { describe, expect, test } from 'vitest';
import type { StateStore } from '../../../src/reconcile/ports.ts';

export const ZONE = 'zone.023e105f4ecef8ad9ca31a8372d0c353';
export const ACCOUNT = 'account.01a7362d577a6c3019a474fd6f485823';

export interface Place {
  /** Opens it, empty. */
  first(): Promise<StateStore>;
  /** For reading, beside the first. */
  again(): Promise<StateStore>;
}

/** `make` gives an empty place of its own to each test. */
export function describeStore(title: string, make: () => Place): void {
  describe.each([title])('%s', () => {
    test('is empty at first', async () => {
      expect(await (await make().first()).load()).toEqual(new Map());
    });

    test('gives back what was saved last under each key', async () => {
      const { first: open, again } = make();
      const first = await open();
      await first.save(ZONE, '{"a":1}');
      await first.save(ACCOUNT, '{"b":"ü😀"}');
      await first.save(ZONE, '{"a":2}');
      expect(await (await again()).load()).toEqual(
        new Map([
          [ACCOUNT, '{"b":"ü😀"}'],
          [ZONE, '{"a":2}'],
        ]),
      );
    });

    test('ends with the later of two saves that were not waited for', async () => {
      const { first: open, again } = make();
      const first = await open();
      await Promise.all(Array.from({ length: 20 }, (_unused, index) => first.save(ZONE, String(index))));
      expect(await (await again()).load()).toEqual(new Map([[ZONE, '19']]));
    });

    test('forgets what was removed, also twice', async () => {
      const { first: open, again } = make();
      const first = await open();
      await first.save(ZONE, '{}');
      await first.remove(ZONE);
      await first.remove(ZONE);
      expect(await (await again()).load()).toEqual(new Map());
    });

    test('fingerprints the same text alike, and another differently', async () => {
      const { first: open, again } = make();
      const first = await open();
      const [before, after] = [await first.fingerprint(), await (await again()).fingerprint()];
      expect(before('secret')).toMatch(/^[0-9a-f]{32}$/);
      expect(after('secret')).toBe(before('secret'));
      expect(after('Secret')).not.toBe(before('secret'));
    });
  });
}
