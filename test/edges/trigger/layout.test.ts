import { readFileSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf, layoutOf } from '../../../src/edges/trigger/layout.ts';
import { fill, swapMount, temporaryFolder } from '../temporary-folder.ts';

async function digest(...paths: readonly string[]): Promise<string> {
  return digestOf(await layoutOf(paths));
}

describe('the digest of a folder', () => {
  const then = new Date('2026-01-01T00:00:00Z');

  test('stays while nothing happens, reading included', async () => {
    const folder = temporaryFolder();
    fill(folder, { 'a.yaml': 'a', 'sub/b.yaml': 'b' });
    const before = await digest(folder);
    readFileSync(join(folder, 'a.yaml'));
    fill(folder, { '.hidden': '', 'node_modules/a.yaml': '' });
    expect(await digest(folder)).toBe(before);
  });

  test.each<[string, (folder: string) => unknown]>([
    ['a content', (folder) => fill(folder, { 'a.yaml': 'longer' })],
    ['a content of the same size', (folder) => fill(folder, { 'a.yaml': 'A' })],
    ['a time', (folder) => utimesSync(join(folder, 'a.yaml'), then, then)],
    ['a name', (folder) => renameSync(join(folder, 'a.yaml'), join(folder, 'c.yaml'))],
    ['a file more', (folder) => fill(folder, { 'sub/c.yaml': '' })],
    ['a file less', (folder) => rmSync(join(folder, 'sub/b.yaml'))],
    ['a folder more', (folder) => fill(folder, { 'sub/deep/c.yaml': '' })],
    ['the folder gone', (folder) => rmSync(folder, { recursive: true })],
  ])('changes with %s', async (_, change) => {
    const folder = join(temporaryFolder(), 'm');
    fill(folder, { 'a.yaml': 'a', 'sub/b.yaml': 'b' });
    // As old as any file that is worth comparing: its clock has ticked since.
    utimesSync(join(folder, 'a.yaml'), new Date(), new Date('2025-01-01T00:00:00Z'));
    const before = await digest(folder);
    change(folder);
    expect(await digest(folder)).not.toBe(before);
  });
});

describe('watches are set anew', () => {
  test('not for a file that changes', async () => {
    const folder = temporaryFolder();
    fill(folder, { 'm/a.yaml': 'a' });
    const before = await layoutOf([join(folder, 'm')]);
    fill(folder, { 'm/a.yaml': 'b', 'm/b.yaml': 'b' });
    expect((await layoutOf([join(folder, 'm')])).signature).toBe(before.signature);
  });

  test('for a link that leads elsewhere', async () => {
    const mount = temporaryFolder();
    const generation = swapMount(mount, { 'a.yaml': 'a' });
    const before = await layoutOf([join(mount, 'a.yaml')]);
    swapMount(mount, { 'a.yaml': 'b' }, generation);
    expect((await layoutOf([join(mount, 'a.yaml')])).signature).not.toBe(before.signature);
  });
});

test('every link on the way is watched where it lies, and the end of the way', async () => {
  const folder = temporaryFolder();
  fill(folder, { 'real/deep/a.yaml': 'a' });
  symlinkSync('real', join(folder, 'one'));
  symlinkSync('one/deep', join(folder, 'two'));
  const { entries, trees } = await layoutOf([join(folder, 'two')]);
  expect([...entries]).toEqual([join(folder, 'two'), join(folder, 'one'), join(folder, 'real/deep')]);
  expect([...trees]).toEqual([join(folder, 'real/deep')]);
});
