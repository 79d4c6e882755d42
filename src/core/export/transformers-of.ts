import { type JsonObject, type LiveJob, type Scope, scopeKey } from '../job/job.ts';
import { hasUnsafeCharacter } from '../manifest/showing.ts';
import { compareText } from '../problem.ts';
import { type LiveTransformer, TRANSFORMER_LIMITS } from '../transformer/transformer.ts';

/** The transformers of an account that a manifest can name: their names are told apart, and can be written. */
export function nameable(transformers: readonly LiveTransformer[]): readonly LiveTransformer[] {
  return transformers
    .filter(({ name, sql }) => name !== '' && !hasUnsafeCharacter(name) && isWritable(sql))
    .filter(({ name }) => transformers.filter((one) => one.name === name).length === 1)
    .toSorted((a, b) => compareText(a.name, b.name));
}

function isWritable(sql: string): boolean {
  return sql.trim() !== '' && new TextEncoder().encode(sql).length <= TRANSFORMER_LIMITS.mostSql;
}

/** As items of `transformers`. */
export function writtenTransformers(transformers: readonly LiveTransformer[]): readonly JsonObject[] {
  return nameable(transformers).map(({ name, description, sql }) => ({
    name,
    ...(description.trim() !== '' && { description }),
    sql,
  }));
}

/** The keys of a job with the name of its transformer in place of the id, where one of these is it. */
export function withTransformerName(
  keys: JsonObject,
  scope: Scope,
  job: Pick<LiveJob, 'id'>,
  transformers: readonly LiveTransformer[],
): JsonObject {
  const { transformer_id: id, ...others } = keys;
  const used = nameable(transformers).find((one) => one.id === id);
  const isIts = used?.jobs.some((user) => user.id === job.id && user.scopeKey === scopeKey(scope)) === true;
  return isIts ? { ...others, transformer: used.name } : keys;
}
