import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LanguageServer } from './language-server.ts';

const MODELINE = `# yaml-language-server: $schema=${new URL('../../../schemas/manifest.schema.json', import.meta.url).href}\n`;
const JOB = `${MODELINE}version: 1
zones:
  - zone: example.com
    jobs:
      - name: http
`;

let server: LanguageServer;
let documents = 0;

beforeAll(async () => {
  server = new LanguageServer();
  await server.start();
});
afterAll(() => server.stop());

function newUri(): string {
  documents += 1;
  return `file:///manifest-${documents}.yaml`;
}

async function completionsAtEnd(text: string): Promise<readonly string[]> {
  const uri = newUri();
  await server.open(uri, text);
  const lines = text.split('\n');
  return server.completions(uri, lines.length - 1, lines.at(-1)?.length ?? 0);
}

async function diagnosticsOf(text: string): Promise<readonly string[]> {
  const found = await server.open(newUri(), text);
  return found.map(({ range, message }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`);
}

describe('an editor with the YAML language server', () => {
  it('offers the keys of a job that are not there yet', async () => {
    const offered = await completionsAtEnd(`${JOB}        `);
    expect(offered).toEqual(
      expect.arrayContaining(['dataset', 'destination', 'destination_conf', 'enabled', 'filter', 'protect']),
    );
    expect(offered).not.toContain('name');
    expect(offered).not.toContain('zone');
  });

  it('offers the keys of a destination, by its type', async () => {
    const offered = await completionsAtEnd(`${MODELINE}version: 1\ndestinations:\n  a:\n    type: r2\n    `);
    expect(offered).toEqual(
      expect.arrayContaining(['bucket', 'account_id', 'access_key_id', 'secret_access_key', 'path']),
    );
  });

  it('offers the words that a key takes', async () => {
    const offered = await completionsAtEnd(`${JOB}        output_options:\n          timestamp_format: `);
    expect(offered).toEqual(expect.arrayContaining(['rfc3339', 'unix', 'unixnano']));
  });

  it('offers what can stand for an operator and a dataset, from the examples', async () => {
    expect(await completionsAtEnd(`${JOB}        dataset: `)).toEqual(
      expect.arrayContaining(['http_requests', 'dns_logs']),
    );
  });

  it('marks an unknown key, a wrong value and a missing key', async () => {
    const found = await diagnosticsOf(`${JOB}        enabeld: true
        output_options: { timestamp_format: unixx }
        destination: { type: r2, bucket: b, region: r }
`);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^7:9 .*enabeld/),
        expect.stringMatching(/^8:45 /),
        expect.stringMatching(/^9:/),
      ]),
    );
  });

  it('finds nothing wrong where we find nothing wrong', async () => {
    const text = `${JOB}        dataset: http_requests
        enabled: true
        destination: { type: s3, bucket: b, region: r }
        filter: { where: { or: [{ key: A, operator: eq, value: 1 }, { key: B, operator: "!in", value: [x] }] } }
        output_options: { field_names: { all_except: [Cookies] }, brand_new: 1 }
      - { name: other, dataset: dns_logs, destination: archive, filter: "", output_options: { field_names: all } }
  - select: { name: ["*.example"] }
    jobs: []
defaults: { filter: null, kind: "" }
`;
    expect(await diagnosticsOf(text)).toEqual([]);
  });
});
