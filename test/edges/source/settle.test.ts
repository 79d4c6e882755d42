import { expect, onTestFinished, test, vi } from 'vitest';
import { settled } from '../../../src/edges/source/settle.ts';

/** Gives these looks one after the other, and the last one for ever. */
function looks(digests: string, changedMs: () => number = () => Date.now()) {
  let at = 0;
  return async () => {
    const digest = digests.charAt(Math.min(at, digests.length - 1));
    at += 1;
    return { value: `${digest}${at}`, digest, changedMs: changedMs() };
  };
}

test.each([
  ['aa', 'a2'],
  ['abb', 'b3'],
  ['abaab', 'a4'],
  ['abcabcc', 'c7'],
])('of the looks %s the first that equals the one before it counts', async (digests, value) => {
  await expect(settled(looks(digests))).resolves.toBe(value);
});

test('what never comes to rest is given up after 2 seconds', async () => {
  const began = performance.now();
  let digest = 0;
  const look = async () => ({ value: 'x', digest: String((digest += 1)), changedMs: Date.now() });
  await expect(settled(look)).resolves.toBeNull();
  expect(performance.now() - began).toBeGreaterThanOrEqual(2_000);
});

test('on a disk so slow that one look takes longer than that, two looks that agree count', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const quick = looks('aa', () => 0);
  const slow = (): ReturnType<typeof quick> => {
    now += 3_000;
    return quick();
  };
  await expect(settled(slow)).resolves.toBe('a2');
});

test('between two looks at a young file there is time for a write to show', async () => {
  const times: number[] = [];
  const young = looks('aa');
  await settled(async () => {
    times.push(performance.now());
    return young();
  });
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(20);
});

test('a failed look is the end', async () => {
  const look = () => Promise.reject(new Error('no such folder'));
  await expect(settled(look)).rejects.toThrow('no such folder');
});
