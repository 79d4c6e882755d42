import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/core/manifest/manifest.ts';
import { jobCount } from '../../../src/core/manifest/resolve.ts';
import { asText, fixtures, parseFiles } from './fixtures.ts';

const GOOD = fixtures('good');

function manifestOf(name: string): Manifest {
  const fixture = GOOD.find((one) => one.name === name);
  const { manifest } = parseFiles(fixture?.files ?? []);
  if (manifest === null) throw new Error(`${name} has errors.`);
  return manifest;
}

describe('a good manifest', () => {
  it.each(GOOD.map((fixture) => [fixture.name, fixture] as const))(
    '%s: has no findings',
    (name, { files }) => {
      const { manifest, problems } = parseFiles(files);
      // The design filters on a field of which Cloudflare documents that it cannot be filtered.
      const found = problems.filter(({ code }) => name !== 'design' || code !== 'unusual-filter');
      expect(asText(found)).toBe('');
      expect(manifest).not.toBeNull();
    },
  );

  it('without any file is a manifest of nothing', () => {
    expect(parseFiles([])).toEqual({ manifest: { scopes: [] }, problems: [] });
  });

  it('understands ids that YAML reads as numbers', () => {
    expect(manifestOf('ids-like-numbers').scopes.map(({ target }) => target)).toEqual([
      { kind: 'zone', by: 'id', id: '12345678901234567890123456789012' },
      { kind: 'zone', by: 'id', id: '1e345678901234567890123456789012' },
      { kind: 'zone', by: 'id', id: '00000000000000000000000000000000' },
      { kind: 'account', by: 'id', id: '98765432109876543210987654321098' },
    ]);
  });

  it('merges anchors and merge keys as YAML says: own keys first, then earlier sources', () => {
    const jobs = manifestOf('anchors-and-merges').scopes.flatMap((scope) => scope.jobs);
    expect(jobs.map(({ fields }) => fields)).toEqual([
      {
        dataset: 'http_requests',
        enabled: true,
        output_options: { field_names: ['ClientIP', 'RayID'], timestamp_format: 'rfc3339' },
      },
      {
        dataset: 'http_requests',
        enabled: true,
        output_options: {
          field_names: ['ClientIP', 'RayID'],
          timestamp_format: 'unix',
          sample_rate: 0.5,
          record_suffix: '}\n',
        },
      },
    ]);
  });

  it('reads every document of a file', () => {
    const manifest = manifestOf('documents');
    expect(jobCount(manifest)).toBe(1);
    expect(manifest.scopes[0]?.jobs[0]?.place.origin).toEqual({
      file: 'documents.yaml',
      line: 10,
      column: 13,
    });
    expect(manifest.scopes[0]?.jobs[0]?.fields).toEqual({ enabled: true, dataset: 'dns_logs' });
  });

  it('shares destinations and presets among files', () => {
    const destinations = manifestOf('folder').scopes.flatMap(({ jobs }) =>
      jobs.map(({ destination }) => destination),
    );
    expect(destinations).toHaveLength(3);
    expect(new Set(destinations.map((one) => JSON.stringify(one))).size).toBe(1);
  });
});
