import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const JOB = `zones:
  - zone: example.com
    jobs:
      - { name: dns, dataset: dns_logs, enabled: true, output_options: { field_names: all }, destination_conf: 'https://logs.example.com/in' }
`;

function lockOf(...names: readonly string[]): string {
  return `version: 1\nzones:\n  '*':\n    dns_logs:\n      all:\n${names.map((name) => `        - ${name}\n`).join('')}`;
}

describe('a lock of fields', () => {
  it('decides what "all" is, and its edit is an update', async () => {
    const world = await World.open();
    await world.manifest(JOB);
    await world.write('manifest/fields.lock.yaml', lockOf('ColoCode', 'QueryName'));
    await world.settle();
    expect(world.jobs()['dns']?.['output_options']).toEqual({ field_names: ['ColoCode', 'QueryName'] });
    await world.write('manifest/fields.lock.yaml', lockOf('ColoCode', 'QueryName', 'SourceIP'));
    await world.settle();
    expect(world.jobs()['dns']?.['output_options']).toEqual({
      field_names: ['ColoCode', 'QueryName', 'SourceIP'],
    });
  });

  it('with a name that Cloudflare no longer has blocks the jobs that would send it, with its place', async () => {
    const world = await World.open();
    await world.manifest(JOB);
    await world.write('manifest/fields.lock.yaml', lockOf('ColoCode', 'Gone'));
    const [plan] = (await world.apply()).plans;
    expect(plan?.desired.blocked[0]?.findings).toMatchObject([
      {
        code: 'unknown-field',
        origin: { file: expect.stringMatching(/manifest\/fields\.lock\.yaml$/), line: 7, column: 11 },
        message:
          '"Gone" is locked here, and Cloudflare has no such field of dns_logs any more. Write the lock anew with "logpushd fields --lock".',
      },
    ]);
    expect(world.jobs()).toEqual({});
  });

  it('that is broken keeps the last manifest in force', async () => {
    const world = await World.open();
    await world.manifest(JOB);
    await writeFile(join(world.folder, 'manifest/fields.lock.yaml'), 'version: 7\n');
    const result = await world.apply();
    expect(result.rejected).toBe(true);
    expect(result.problems).toMatchObject([{ code: 'bad-lock', origin: { line: 1, column: 10 } }]);
  });
});
