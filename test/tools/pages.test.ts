import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`),
  'helm/README.md',
];

/** Without what stands in blocks of code. */
function textOf(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8').replace(/^```.*?^```/gms, '');
}

/** Paths from the root with their anchors. */
function linksOf(page: string): readonly { readonly file: string; readonly anchor: string }[] {
  const links = [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)];
  return links.map(([, link = '']) => {
    const [file = '', anchor = ''] = link.split('#');
    return { file: file === '' ? page : path.posix.join(path.posix.dirname(page), file), anchor };
  });
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

const PACKED = [
  ...(JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { files: readonly string[] })
    .files,
  'package.json',
];
const isPacked = (file: string): boolean => PACKED.some((one) => file === one || file.startsWith(`${one}/`));

describe.each(PAGES)('%s', (page) => {
  it('links only to what is there', () => {
    const dead = linksOf(page).filter(
      ({ file, anchor }) =>
        !existsSync(path.join(ROOT, file)) || (anchor !== '' && !anchorsOf(file).has(anchor)),
    );
    expect(dead).toEqual([]);
  });

  it('links only to what the npm package holds, if it is in there itself', () => {
    const missing = linksOf(page).filter(({ file }) => isPacked(page) && !isPacked(file));
    expect(missing).toEqual([]);
  });

  it('names only commands that exist', () => {
    const known = [
      ...readFileSync(path.join(ROOT, 'docs/cli.md'), 'utf8').matchAll(/^## `logpushd ([^`]+)`$/gm),
    ];
    const commands = new Set(known.flatMap(([, name = '']) => [name, name.split(' ')[0]]));
    const named = [...textOf(page).matchAll(/[`"]logpushd ([a-z]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !commands.has(name))).toEqual([]);
  });
});
