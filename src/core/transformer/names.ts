import type { BlockedJob, DesiredJob, DesiredScope } from '../job/job.ts';
import type { Change } from '../plan/change.ts';
import type { TransformerPlan } from './change.ts';
import type { TransformerLedger } from './owned.ts';
import type { ListedTransformer } from './transformer.ts';

/** What the name of a transformer stands for now. */
export type Named =
  | { readonly id: number; readonly dataset: string | null }
  /** It is made in this pass, before the jobs. */
  | { readonly pending: true }
  /** Why nobody can tell. */
  | { readonly why: string };

/** What a name stands for in an account, as its listing and the plan of its transformers say. */
export function namedIn(
  name: string,
  listed: readonly ListedTransformer[],
  plan: TransformerPlan | null,
  { owned }: TransformerLedger,
): Named {
  const change = plan?.changes.find((one) => one.name === name);
  if (change?.action === 'create') return { pending: true };
  const withheld = plan?.withheld.find((one) => one.name === name);
  if (withheld?.action === 'create') return { why: withheld.reason };
  if (change !== undefined)
    return { id: change.live.id, dataset: isRewritten(change) ? null : change.live.dataset };
  const known =
    plan?.inSync.find(({ desired }) => desired.name === name)?.live.id ??
    withheld?.id ??
    owned.find((one) => one.name === name)?.id;
  const mine = listed.filter(({ id }) => id === known);
  const found = mine.length > 0 ? mine : listed.filter((one) => one.name === name);
  const [only, ...others] = found;
  if (only === undefined) return { why: 'no transformer of the account has this name' };
  if (others.length === 0) return { id: only.id, dataset: only.dataset };
  return {
    why: `${found.length} transformers of the account have this name; write "transformer_id" in its place`,
  };
}

/** New SQL may read another dataset. */
function isRewritten({ fields }: TransformerPlan['changes'][number]): boolean {
  return fields.includes('sql');
}

/**
 * The scope with ids in the place of names of transformers. A job whose transformer is made in this pass keeps the name until it
 * is sent; one of which nobody can tell the id is blocked.
 */
export function withTransformerIds(desired: DesiredScope, named: (name: string) => Named): DesiredScope {
  const jobs: DesiredJob[] = [];
  const blocked: BlockedJob[] = [...desired.blocked];
  for (const job of desired.jobs) {
    const name = job.fields['transformer_id'];
    if (typeof name !== 'string') {
      jobs.push(job);
      continue;
    }
    const found = named(name);
    const why = 'why' in found ? found.why : mismatchOf(job, found);
    if (why !== null) blocked.push(blockedBy(job, name, why));
    else if ('id' in found) jobs.push({ ...job, fields: { ...job.fields, transformer_id: found.id } });
    else jobs.push(job);
  }
  return { ...desired, jobs, blocked };
}

/** Cloudflare refuses a transformer of another dataset (`cloudflare-api.md` §1.3). */
function mismatchOf({ fields }: DesiredJob, found: Named): string | null {
  const { dataset } = fields;
  if (!('id' in found) || found.dataset === null || typeof dataset !== 'string') return null;
  return found.dataset === dataset ? null : `its SQL reads ${found.dataset}, and this job is of ${dataset}`;
}

function blockedBy({ name, id, origin }: DesiredJob, transformer: string, why: string): BlockedJob {
  const reason = `The transformer "${transformer}" cannot be used: ${why.replace(/\.$/, '')}.`;
  return { name, reason, ...(id !== undefined && { id }), origin };
}

/** The name of the transformer that has to be made before this change is sent; null where there is none. */
export function awaitedTransformer(change: Change): string | null {
  if (change.action === 'delete') return null;
  const name = change.desired.fields['transformer_id'];
  return typeof name === 'string' ? name : null;
}

/** The change with the id of the transformer that was made meanwhile. */
export function withMadeTransformer(change: Change, id: number): Change {
  if (change.action === 'delete') return change;
  const { desired, body } = change;
  return {
    ...change,
    desired: { ...desired, fields: { ...desired.fields, transformer_id: id } },
    body: 'transformer_id' in body ? { ...body, transformer_id: id } : body,
  };
}
