import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { rewriteFiles } from '../../../src/edges/source/rewrite.ts';
import { fill, temporaryFolder } from '../temporary-folder.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

function wish(name: string) {
  return { path: join(folder, name), before: 'old', after: 'mine' };
}

function contents(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

describe('a rewrite', () => {
  it('leaves nothing beside the file, and the file its mode', async () => {
    fill(folder, { 'm.yaml': 'old' });
    chmodSync(join(folder, 'm.yaml'), 0o664);
    await rewriteFiles([wish('m.yaml')]);
    expect(contents()).toEqual({ 'm.yaml': 'mine' });
    expect(statSync(join(folder, 'm.yaml')).mode & 0o777).toBe(0o664);
  });

  it('does not touch a file that has changed since it was read', async () => {
    fill(folder, { 'm.yaml': 'new' });
    await expect(rewriteFiles([wish('m.yaml')])).rejects.toThrow('has changed since it was read');
    expect(contents()).toEqual({ 'm.yaml': 'new' });
  });

  it.skipIf(process.getuid?.() === 0)('leaves a folder that takes no file as it is', async () => {
    fill(folder, { 'm.yaml': 'old' });
    chmodSync(folder, 0o500);
    await expect(rewriteFiles([wish('m.yaml')])).rejects.toThrow('cannot be written (EACCES)');
    chmodSync(folder, 0o700);
    expect(contents()).toEqual({ 'm.yaml': 'old' });
  });

  it('does not make a file anew that is gone, and says which', async () => {
    await expect(rewriteFiles([wish('m.yaml')])).rejects.toThrow(
      'm.yaml cannot be written (ENOENT). Let this user write the file and its folder. Nothing was rewritten.',
    );
    expect(contents()).toEqual({});
  });
});

describe('a rewrite of several files', () => {
  it('rewrites none where one has changed meanwhile', async () => {
    fill(folder, { 'a.yaml': 'old', 'b.yaml': 'new', 'c.yaml': 'old' });
    await expect(rewriteFiles(['a.yaml', 'b.yaml', 'c.yaml'].map(wish))).rejects.toThrow(
      /b\.yaml has changed .* Nothing was rewritten\.$/,
    );
    expect(contents()).toEqual({ 'a.yaml': 'old', 'b.yaml': 'new', 'c.yaml': 'old' });
  });

  /** What is in the place of a file can be replaced by no rename once it is a folder. */
  function turnIntoFolder(name: string): void {
    rmSync(join(folder, name));
    mkdirSync(join(folder, name));
  }

  /** Files that change when the rewrite comes to them, all of them having been good when it began. */
  function twoFiles(onSecond: () => void) {
    fill(folder, { 'a.yaml': 'old', 'b.yaml': 'old' });
    chmodSync(join(folder, 'a.yaml'), 0o640);
    const second = {
      ...wish('b.yaml'),
      // Asked for when this file was found unchanged, and before any is put in place.
      get after() {
        onSecond();
        return 'mine';
      },
    };
    return [wish('a.yaml'), second];
  }

  it('puts back what it has rewritten where a later one cannot be', async () => {
    const files = twoFiles(() => turnIntoFolder('b.yaml'));
    await expect(rewriteFiles(files)).rejects.toThrow(
      /b\.yaml cannot be written \(.*Nothing was rewritten\.$/,
    );
    expect(readdirSync(folder)).toEqual(['a.yaml', 'b.yaml']);
    expect(readFileSync(join(folder, 'a.yaml'), 'utf8')).toBe('old');
    expect(statSync(join(folder, 'a.yaml')).mode & 0o777).toBe(0o640);
  });

  it('looks at each file once more when all are written beside', async () => {
    const files = twoFiles(() => writeFileSync(join(folder, 'b.yaml'), 'theirs'));
    await expect(rewriteFiles(files)).rejects.toThrow(/b\.yaml has changed .* Nothing was rewritten\.$/);
    expect(contents()).toEqual({ 'a.yaml': 'old', 'b.yaml': 'theirs' });
  });
});
