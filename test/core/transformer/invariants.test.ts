import { describe, expect, it } from 'vitest';
import type { Adopt } from '../../../src/core/job/job.ts';
import {
  brokenTransformerInvariant,
  type TransformerFacts,
  TRANSFORMER_INVARIANT_NAMES,
  type TransformerInvariant,
  type TransformerWrite,
} from '../../../src/core/transformer/invariants.ts';

const scope = { kind: 'account', id: 'a'.repeat(32), name: 'Example Inc' } as const;
const origin = { file: 'm.yaml', line: 1, column: 1 };
const listed = { id: 1, name: 'redact', description: '', dataset: null, jobs: [] };
const accountId = scope.id;
const CREATE: TransformerWrite = { method: 'POST', accountId, name: 'redact' };
const UPDATE: TransformerWrite = { method: 'PUT', accountId, id: 1, name: 'redact' };
const DELETE: TransformerWrite = { method: 'DELETE', accountId, id: 1 };
const OWNED = { owned: [{ id: 1, name: 'redact', applied: 'f' }], creating: [], drifting: [] };
const WANTED = { scope, transformers: [{ name: 'redact', sql: 'SELECT 1', description: '', origin }] };
const UNWANTED = { scope, transformers: [] };

function facts(overrides: Partial<TransformerFacts> = {}, adopt: Adopt = 'never'): TransformerFacts {
  const policy = { mode: 'enforce', prune: 'owned', adopt } as const;
  return {
    desired: WANTED,
    listed: [],
    ledger: { owned: [], creating: [], drifting: [] },
    policy,
    ...overrides,
  };
}

const BROKEN: readonly (readonly [TransformerInvariant, TransformerWrite, TransformerFacts])[] = [
  ['transformer-observed', CREATE, facts({ desired: { ...WANTED, mode: 'observe' } })],
  [
    'transformer-observed',
    CREATE,
    facts({ desired: { ...WANTED, pauses: [{ since: '2026-11-23T09:00:00.000Z' }] } }),
  ],
  ['transformer-of-other-account', { ...CREATE, accountId: 'b'.repeat(32) }, facts()],
  ['undesired-transformer', CREATE, facts({ desired: UNWANTED })],
  ['undesired-transformer', UPDATE, facts({ desired: UNWANTED, ledger: OWNED })],
  ['transformer-beside-equal', CREATE, facts({ listed: [listed] })],
  ['foreign-transformer', UPDATE, facts({ listed: [listed] })],
  ['foreign-transformer', DELETE, facts({ desired: UNWANTED, listed: [listed] }, 'always')],
  ['delete-of-wanted-transformer', DELETE, facts({ ledger: OWNED })],
  ['transformer-prune-never', DELETE, facts({ desired: { ...UNWANTED, prune: 'never' }, ledger: OWNED })],
];

describe('the last check of a write of transformers', () => {
  it.each(BROKEN)('refuses what breaks %s', (name, write, given) => {
    expect(brokenTransformerInvariant(write, given)).toBe(name);
  });

  it('has a case for every rule', () => {
    expect([...new Set(BROKEN.map(([name]) => name))].toSorted()).toEqual(
      [...TRANSFORMER_INVARIANT_NAMES].toSorted(),
    );
  });

  it.each<readonly [string, TransformerWrite, TransformerFacts]>([
    ['a create of what the manifest has and the account lacks', CREATE, facts()],
    ['an update of what is owned', UPDATE, facts({ listed: [listed], ledger: OWNED })],
    ['an update of what is taken over', UPDATE, facts({ listed: [listed] }, 'always')],
    [
      'an update of what a create without an answer has made',
      UPDATE,
      facts({
        ledger: { owned: [], creating: [{ name: 'redact', since: '', beside: [], looks: [] }], drifting: [] },
      }),
    ],
    ['a delete of what is owned and wanted no more', DELETE, facts({ desired: UNWANTED, ledger: OWNED })],
  ])('lets through %s', (_, write, given) => {
    expect(brokenTransformerInvariant(write, given)).toBeNull();
  });
});
