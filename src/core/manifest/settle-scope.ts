import type { BlockedJob, DesiredJob, DesiredScope, DesiredTransformer, Mode, Prune } from '../job/job.ts';
import type { Problem } from '../problem.ts';
import { compareText } from '../problem.ts';
import type { Claim, Unresolved } from './find-scopes.ts';
import { finding } from './finding.ts';
import { lookupIn } from './lookup.ts';
import { ignoredFields } from './ignore.ts';
import type { JobTemplate } from './manifest.ts';
import type { LookupFor } from './render-job.ts';
import { blockedJob, renderJob, renderName } from './render-job.ts';
import { listed, quoted } from './showing.ts';
import type { World } from './world.ts';

export interface Settled {
  readonly desired?: DesiredScope;
  readonly unresolved?: Unresolved;
  readonly problems: readonly Problem[];
}

/** One job of one scope, from one entry. */
interface Candidate {
  readonly name: string;
  readonly template: JobTemplate;
  readonly explicit: boolean;
}

/** The most careful one first: it wins where two entries contradict each other. */
const MODES: readonly Mode[] = ['observe', 'warn', 'enforce'];
const PRUNES: readonly Prune[] = ['never', 'owned', 'all'];

/**
 * All that the entries of a manifest say about one scope. An entry that names the zone wins over one that selects
 * it; of two that stand on the same step neither wins.
 */
export function settleScope(
  claims: readonly [Claim, ...Claim[]],
  { values, now }: Pick<World, 'values' | 'now'>,
): Settled {
  const [{ scope, names }] = claims;
  const lookupFor: LookupFor = (job) => lookupIn(scope, names, job, values);
  const candidates: Candidate[] = [];
  for (const claim of claims) {
    for (const template of claim.entry.jobs) {
      const named = renderName(template, lookupFor);
      if ('missing' in named) {
        // Without all the names nobody can say which live jobs the manifest lacks.
        const reason = `The name of a job cannot be made up: ${named.missing}.`;
        return { unresolved: { name: scope.name, reason, origin: claim.entry.place.origin }, problems: [] };
      }
      candidates.push({ name: named.name, template, explicit: claim.explicit });
    }
  }
  const overAll = claims.flatMap(({ entry }) => entry.ignore);
  const settled = settleJobs(candidates, (template, name) =>
    renderJob(template, name, lookupFor, ignoredFields([...template.ignore, ...overAll], name, now)),
  );
  const mode = settleSetting('mode', claims, MODES);
  const prune = settleSetting('prune', claims, PRUNES);
  const transformers = settleTransformers(claims);
  const accountId = scope.kind === 'account' ? scope.id : names.accountId;
  const namesTransformer = settled.jobs.some(({ fields }) => typeof fields['transformer_id'] === 'string');
  return {
    desired: {
      scope,
      jobs: settled.jobs.toSorted(byName),
      blocked: settled.blocked.toSorted(byName),
      ...(mode.value === undefined ? {} : { mode: mode.value }),
      ...(prune.value === undefined ? {} : { prune: prune.value }),
      ...transformers.wanted,
      ...(namesTransformer && accountId !== undefined && { accountId }),
    },
    problems: [...settled.problems, ...transformers.problems, ...mode.problems, ...prune.problems],
  };
}

interface SettledJobs {
  readonly jobs: readonly DesiredJob[];
  readonly blocked: readonly BlockedJob[];
  readonly problems: readonly Problem[];
}

function settleJobs(
  candidates: readonly Candidate[],
  render: (template: JobTemplate, name: string) => DesiredJob | BlockedJob,
): SettledJobs {
  const jobs: DesiredJob[] = [];
  const blocked: BlockedJob[] = [];
  const problems: Problem[] = [];
  const pinnedTwice = new Set(duplicatesOf(candidates.flatMap(({ template }) => template.id ?? [])));
  for (const [name, rivals] of Map.groupBy(candidates, (candidate) => candidate.name)) {
    const explicit = rivals.filter((rival) => rival.explicit);
    const [chosen, ...others] = explicit.length > 0 ? explicit : rivals;
    if (chosen === undefined) continue;
    const { template } = chosen;
    const reason = blockReason(chosen, others, pinnedTwice);
    if (reason === undefined) {
      const rendered = render(template, name);
      if ('fields' in rendered) jobs.push(rendered);
      else blocked.push(rendered);
      continue;
    }
    blocked.push(blockedJob(template, name, reason));
    if (others.length > 0 && chosen.explicit)
      problems.push(...others.map((other) => duplicate(chosen, other)));
    else if (template.id !== undefined && others.length === 0)
      problems.push(finding('duplicate-id', template.place, reason));
  }
  return { jobs, blocked, problems };
}

function blockReason(
  { template }: Candidate,
  others: readonly Candidate[],
  pinnedTwice: ReadonlySet<number>,
): string | undefined {
  if (others.length > 0) {
    const places = [template, ...others.map((other) => other.template)].map(placeText).toSorted(compareText);
    return `Several places give this scope a job of this name: ${listed(places)}. Rename one, or name the zone with "zone:" to decide it.`;
  }
  if (template.id !== undefined && pinnedTwice.has(template.id)) {
    return `Live job ${template.id} is pinned by several jobs of this scope. One live job is one job of the manifest.`;
  }
  return undefined;
}

/** One zone by its name here and by its id there: only now it shows that they are one. */
function duplicate(first: Candidate, second: Candidate): Problem {
  const message = `${quoted(second.name)} is already the name of a job of this scope: ${placeText(first.template)}. Rename or remove one of the two.`;
  return finding('duplicate-name', second.template.place, message);
}

/** Those of all entries; of two with one name, which only shows now, the first one holds. */
function settleTransformers(claims: readonly Claim[]): {
  readonly wanted: Pick<DesiredScope, 'transformers'>;
  readonly problems: readonly Problem[];
} {
  const lists = claims.flatMap(({ entry }) => (entry.transformers ? [entry.transformers] : []));
  if (lists.length === 0) return { wanted: {}, problems: [] };
  const wanted = new Map<string, DesiredTransformer>();
  const problems: Problem[] = [];
  for (const one of lists.flat()) {
    const first = wanted.get(one.name);
    if (first === undefined) wanted.set(one.name, one);
    else {
      const { file, line } = first.origin;
      const message = `${quoted(one.name)} is already the name of a transformer of this account: ${file}:${line}. Rename or remove one of the two.`;
      problems.push(finding('duplicate-name', { origin: one.origin, path: '' }, message));
    }
  }
  return { wanted: { transformers: [...wanted.values()].toSorted(byName) }, problems };
}

function settleSetting<Value extends Mode | Prune>(
  key: 'mode' | 'prune',
  claims: readonly Claim[],
  careful: readonly Value[],
): { readonly value?: Value; readonly problems: readonly Problem[] } {
  const said = claims.filter(({ entry }) => entry[key] !== undefined);
  const explicit = said.filter((claim) => claim.explicit);
  const asked = explicit.length > 0 ? explicit : said;
  const value = careful.find((one) => asked.some(({ entry }) => entry[key] === one));
  if (value === undefined) return { problems: [] };
  const others = asked.filter(({ entry }) => entry[key] !== value);
  const problems = others.map(({ entry, scope }) => {
    const message = `${quoted(scope.name)} has "${key}: ${value}" in another place, which is more careful and holds. Say the same in both.`;
    return finding('conflicting-scope', entry.place, message);
  });
  return { value, problems };
}

function placeText({ place }: JobTemplate): string {
  return `${place.origin.file}:${place.origin.line}`;
}

function duplicatesOf(ids: readonly number[]): readonly number[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareText(a.name, b.name);
}
