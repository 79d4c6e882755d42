import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rewriteFile } from '../../../src/edges/source/rewrite.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('a file that has changed since it was read is not rewritten', async () => {
  const path = join(temporaryFolder(), 'm.yaml');
  writeFileSync(path, 'new');
  await expect(rewriteFile({ path, before: 'old', after: 'mine' })).rejects.toThrow(
    'has changed since it was read',
  );
  expect(readFileSync(path, 'utf8')).toBe('new');
});

it.skipIf(process.getuid?.() === 0)('a folder that takes no file keeps what it has', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'm.yaml');
  writeFileSync(path, 'old');
  chmodSync(folder, 0o500);
  await expect(rewriteFile({ path, before: 'old', after: 'mine' })).rejects.toThrow(
    'cannot be written (EACCES)',
  );
  chmodSync(folder, 0o700);
  expect(readdirSync(folder)).toEqual(['m.yaml']);
  expect(readFileSync(path, 'utf8')).toBe('old');
});

it('a file that is gone is not made anew, and the error says which', async () => {
  const folder = temporaryFolder();
  await expect(rewriteFile({ path: join(folder, 'm.yaml'), before: 'old', after: 'mine' })).rejects.toThrow(
    'm.yaml cannot be written (ENOENT)',
  );
  expect(readdirSync(folder)).toEqual([]);
});

it('leaves nothing beside the file', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'm.yaml');
  writeFileSync(path, 'old');
  await rewriteFile({ path, before: 'old', after: 'mine' });
  expect(readdirSync(folder)).toEqual(['m.yaml']);
  expect(readFileSync(path, 'utf8')).toBe('mine');
});
