import type { DesiredScope, Scope } from '../../core/job/job.ts';
import type { ListKind, ScopeList } from '../../core/manifest/field-lock.ts';
import { listKindOf } from '../../core/manifest/field-names.ts';
import type { JobTemplate, Manifest } from '../../core/manifest/manifest.ts';
import { isObject } from '../../core/manifest/path.ts';
import { datasetOf } from '../../core/plan/desired-text.ts';
import type { Origin } from '../../core/problem.ts';
import type { FieldCatalogue } from './catalogue.ts';
import { planned, type ReconcileError, StoppedError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';

/** What Cloudflare lists for the jobs that do not list their fields themselves. */
export interface FieldLists {
  readonly lists: readonly ScopeList[];
  /** Why a list, or a scope, is not there: nothing is to be locked then. */
  readonly failures: readonly string[];
}

interface Wanted {
  readonly scope: Scope;
  readonly dataset: string;
  readonly list: ListKind;
}

/**
 * The lists behind every `all`, `default` and `all_except` of a manifest that is read without its lock, each of the scope
 * itself. Secrets need not be there for it: a job that is blocked for want of one counts too.
 */
export async function listFieldsOf(
  manifest: Manifest,
  scopes: Iterable<DesiredScope>,
  catalogue: FieldCatalogue,
  options: CallOptions,
): Promise<FieldLists> {
  const templates = new Map(
    manifest.scopes.flatMap(({ jobs }) => jobs.map((job) => [textOf(job.place.origin), job] as const)),
  );
  const wanted = new Map(
    [...scopes]
      .flatMap((scope) => wantedIn(scope, templates))
      .map((one) => [[one.scope.kind, one.scope.id, one.dataset, one.list].join(' '), one]),
  );
  const found = await Promise.all(
    [...wanted.values()].map(async (one) => listOrFailure(one, catalogue, options)),
  );
  return {
    lists: found.flatMap((one) => (typeof one === 'string' ? [] : one)),
    failures: found.filter((one) => typeof one === 'string'),
  };
}

function wantedIn(
  { scope, jobs, blocked }: DesiredScope,
  templates: ReadonlyMap<string, JobTemplate>,
): readonly Wanted[] {
  return [...jobs, ...blocked].flatMap((job) => {
    const template = templates.get(textOf(job.origin));
    const { output_options: options, dataset } = template?.fields ?? {};
    const list = isObject(options) ? listKindOf(options['field_names']) : null;
    if (list === null || typeof dataset !== 'string') return [];
    return [{ scope, list, dataset: 'fields' in job ? datasetOf(job) : dataset }];
  });
}

async function listOrFailure(
  { scope, dataset, list }: Wanted,
  catalogue: FieldCatalogue,
  options: CallOptions,
): Promise<ScopeList | string> {
  try {
    const names = await catalogue.list(scope, dataset, list, options);
    if (names.length > 0) return { scope, dataset, list, names };
    return `Cloudflare lists no field of ${dataset} in ${scope.name}.`;
  } catch (error) {
    const failure: ReconcileError = planned(error);
    if (failure instanceof StoppedError) throw failure;
    return failure.message;
  }
}

function textOf({ file, line, column }: Origin): string {
  return `${file}:${line}:${column}`;
}
