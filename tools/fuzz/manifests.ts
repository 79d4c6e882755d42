import { createManifestParser } from '../../src/core/manifest/parser.ts';
import {
  jobCount,
  needsAccounts,
  needsZones,
  referencesOf,
  resolveManifest,
} from '../../src/core/manifest/resolve.ts';
import { namedFields } from '../../src/core/manifest/named-fields.ts';
import { EMPTY_LEDGER } from '../../src/core/plan/ledger-entry.ts';
import { planScope } from '../../src/core/plan/plan.ts';
import type { PlanPolicy } from '../../src/core/plan/policy.ts';
import { type OutputFormat, renderPlan } from '../../src/core/render/plan-report.ts';
import { renderProblems } from '../../src/core/render/problems.ts';
import { PLAIN } from '../../src/core/render/style.ts';
import { Secret } from '../../src/core/secret.ts';
import { loadSchema } from '../../src/schemas.ts';
import { aCanary } from '../../test/canaries.ts';
import { fingerprint, POLICY as OURS } from '../../test/core/plan/planning.ts';
import { MANIFESTS } from './corpus.ts';
import { mutated } from './mutate.ts';
import type { Dice } from './random.ts';
import { target, type Told } from './target.ts';

export const FORMATS: readonly OutputFormat[] = ['text', 'json', 'markdown', 'github'];
export const POLICY: PlanPolicy = { ...OURS, prune: 'all' };

const parse = createManifestParser(loadSchema('manifest'));
const RESOLVED = aCanary('a secret that the manifest refers to');
const ACCOUNT = { id: '01a7362d577a6c3019a474fd6f485823', name: 'Acme' };
const ZONES = ['example.com', 'shop.example', 'eu.shop.example', 'test.shop.example'].map((name, n) => ({
  id: String(n).repeat(32),
  name,
  status: 'active',
  account: ACCOUNT,
}));

interface ManifestInput {
  readonly text: string;
  readonly format: OutputFormat;
}

/** From text to plan: parsed, resolved against a small world, planned and shown. */
export const manifests = target(make, judge);

function make(dice: Dice): ManifestInput {
  return { text: mutated(dice.pick(MANIFESTS), MANIFESTS, dice), format: dice.pick(FORMATS) };
}

function judge({ text, format }: ManifestInput): Told {
  const { manifest, problems } = parse([{ path: 'm.yaml', text }]);
  const told = [renderProblems(problems, format, 1)];
  if (manifest !== null) {
    jobCount(manifest);
    needsZones(manifest);
    needsAccounts(manifest);
    const names = referencesOf(manifest);
    const values = {
      env: new Map([...names.env].map((name) => [name, 'value'] as const)),
      secrets: new Map([...names.secrets].map((name) => [name, new Secret(RESOLVED.core)] as const)),
      unreadable: new Map<string, string>(),
    };
    const resolved = resolveManifest(manifest, { zones: ZONES, accounts: [ACCOUNT], values, now: 0 });
    for (const { fields } of resolved.scopes.flatMap(({ jobs }) => jobs)) namedFields(fields);
    const plans = resolved.scopes.map((desired) =>
      planScope({ desired, live: [], ledger: EMPTY_LEDGER, policy: POLICY, fingerprint, now: 0 }),
    );
    const report = {
      revision: 'r',
      generatedAt: '2026-01-01T00:00:00Z',
      plans,
      unreadable: [],
      refusal: null,
      unresolved: resolved.unresolved,
      problems: resolved.problems,
    };
    told.push(renderPlan(report, format, PLAIN), JSON.stringify(resolved));
  }
  return { output: told.join('\n'), canaries: [RESOLVED] };
}
