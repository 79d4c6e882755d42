import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/core/manifest/manifest.ts';
import { resolvedIn } from '../../../src/core/manifest/resolution.ts';
import { resolveManifest } from '../../../src/core/manifest/resolve.ts';
import type { World } from '../../../src/core/manifest/world.ts';
import { asText, parseText } from './fixtures.ts';
import { ACME, aWorld, aZone, OTHER } from './world.ts';

const DESTINATION = 's3://${env:bucket}/{DATE}?region=r&secret-access-key=${secret:key}';
const TEXT = `version: 1
zones: [{ zone: example.com, jobs: [{ name: a, dataset: dns_logs, destination_conf: "${DESTINATION}" }] }]
accounts: [{ account: Acme Inc., jobs: [{ name: b, dataset: audit_logs, destination_conf: "${DESTINATION}" }] }]`;

function aManifest(text = TEXT): Manifest {
  const { manifest, problems } = parseText(text);
  if (manifest === null) throw new Error(asText(problems));
  return manifest;
}

const PARTS = {
  zones: [aZone('example.com', 1)],
  accounts: [ACME],
  env: { bucket: 'logs' },
  secrets: { key: 'first' },
};

const OTHERS: readonly (readonly [what: string, world: World])[] = [
  ['another zone of the name', aWorld({ ...PARTS, zones: [aZone('example.com', 2)] })],
  ['a zone more', aWorld({ ...PARTS, zones: [...PARTS.zones, aZone('example.net', 2)] })],
  ['another account', aWorld({ ...PARTS, accounts: [OTHER] })],
  ['another value of a variable', aWorld({ ...PARTS, env: { bucket: 'others' } })],
  ['a variable that is missing', aWorld({ ...PARTS, env: {} })],
  ['another value of a secret', aWorld({ ...PARTS, secrets: { key: 'second' } })],
  ['a secret that cannot be read', aWorld({ ...PARTS, secrets: {}, unreadable: { key: 'it is empty' } })],
  ['no folder of secrets', aWorld({ ...PARTS, secrets: {}, missingFolder: 'secrets.dir' })],
];

describe('a manifest in the world', () => {
  it('is the same object as long as both are as they were', () => {
    const manifest = aManifest();
    const first = resolvedIn(manifest, aWorld(PARTS));
    expect(resolvedIn(manifest, aWorld(PARTS))).toBe(first);
    expect(resolvedIn(aManifest(), aWorld(PARTS))).not.toBe(first);
  });

  it.each(OTHERS)('is resolved anew for %s', (_, other) => {
    const manifest = aManifest();
    const first = resolvedIn(manifest, aWorld(PARTS));
    const second = resolvedIn(manifest, other);
    expect(second).not.toBe(first);
    expect(second).toEqual(resolveManifest(manifest, other));
  });

  it('is resolved anew once a rule of ignore has ended, and not before', () => {
    const rule = 'ignore: [{ field: filter, until: "2026-11-23T10:00:00Z" }], destination_conf';
    const manifest = aManifest(TEXT.replace('destination_conf', rule));
    const at = (time: string): World => ({ ...aWorld(PARTS), now: Date.parse(time) });
    const first = resolvedIn(manifest, at('2026-11-23T09:00:00Z'));
    expect(resolvedIn(manifest, at('2026-11-23T09:59:59Z'))).toBe(first);
    const later = resolvedIn(manifest, at('2026-11-23T10:00:00Z'));
    expect(later.problems.map(({ code }) => code)).toEqual(['ended-ignore']);
    expect(resolvedIn(manifest, at('2026-11-23T09:30:00Z')).problems).toEqual([]);
  });

  it('says why a secret cannot be read by the last reason', () => {
    const manifest = aManifest();
    const worldOf = (reason: string) => aWorld({ ...PARTS, secrets: {}, unreadable: { key: reason } });
    resolvedIn(manifest, worldOf('its file is empty'));
    expect(JSON.stringify(resolvedIn(manifest, worldOf('there is no such file')).scopes)).toContain(
      'there is no such file',
    );
  });
});
