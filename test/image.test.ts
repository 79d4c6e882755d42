import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** One instruction a line. */
const instructions = read('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const those = (word: string): readonly string[] =>
  instructions.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length).trim());
const final = instructions.slice(instructions.lastIndexOf('FROM scratch'));

describe('the Dockerfile', () => {
  it('builds with the Node of development unless another base is named', () => {
    expect(those('ARG')[0]).toBe(`NODE_IMAGE=node:${read('.node-version').trim()}-bookworm-slim`);
    expect(those('FROM')).toEqual(['${NODE_IMAGE} AS build', 'scratch']);
  });

  it('takes nothing from the network but what the lock file names', () => {
    expect(those('ADD')).toEqual([]);
    expect(those('RUN').filter((line) => /curl|wget|apt|npm (install|i) /.test(line))).toEqual([]);
    expect(those('RUN').some((line) => line.includes('npm ci --ignore-scripts'))).toBe(true);
  });

  it('copies only what exists and what .dockerignore lets through', () => {
    const letThrough = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = those('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(/\s+/).slice(0, -1));
    for (const path of copied) {
      expect(existsSync(join(ROOT, path))).toBe(true);
      expect(letThrough).toContain(path.split('/')[0]);
    }
  });

  it('runs as a user by number, and Node as process 1 without a shell', () => {
    expect(final).toContain('USER 65532:65532');
    for (const word of ['ENTRYPOINT', 'CMD']) expect(JSON.parse(those(word)[0]!)).toBeInstanceOf(Array);
    expect(those('HEALTHCHECK')[0]).toMatch(/CMD \["/);
  });

  it('has the version of the program, and says where things are as the chart expects them', () => {
    expect(those('ARG')).toContain(`VERSION=${JSON.parse(read('package.json')).version}`);
    const [node, program] = JSON.parse(those('ENTRYPOINT')[0]!);
    const pod = read('helm/templates/_pod.tpl');
    expect(pod).toContain(`"${node}"`);
    expect(pod).toContain(`"${program}"`);
    expect(
      final.some((line) => line.includes('--chown=65532:65532') && line.endsWith(' /var/lib/logpushd')),
    ).toBe(true);
  });
});
