import { type JsonObject, type JsonValue, scopeKey } from '../../core/job/job.ts';
import { type ListedTransformer, sqlText, type UsingJob } from '../../core/transformer/transformer.ts';
import { UnknownOutcomeError } from '../../reconcile/errors.ts';
import type { ScopeRef, TransformerReader, TransformerWriter } from '../../reconcile/ports.ts';
import type { Caller } from './call.ts';
import { PREVIEW_PATH } from './checks.ts';
import { below, type Endpoint, jobSegment } from './endpoint.ts';
import { isMissing } from './failure.ts';
import { readWhole } from './listing.ts';
import { get, orNotFound, unusable } from './reader.ts';
import { cleanerFor } from './redaction.ts';
import { isArray, isObject } from './wire.ts';

/** The endpoints of `cloudflare-api.md` §1.2, rows 15 to 18. */

export function createTransformerReader(call: Caller): TransformerReader {
  return {
    listTransformers: (account, options) =>
      readWhole(
        call,
        get(`list the transformers of ${account.name}`, below(account, 'transformers')),
        { noun: 'transformer', decode: transformerOf },
        options,
      ),

    async getTransformer(account, id, options) {
      const action = `read transformer ${id} of ${account.name}`;
      const answer = await orNotFound(call(get(action, endpointOf(account, id)), options));
      if (answer === null) return null;
      const transformer = transformerOf(answer.result);
      if (transformer?.id !== id) throw unusable(action, 'it does not hold that transformer', answer);
      return transformer;
    },

    async transformerSql(account, id, options) {
      const action = `read the SQL of transformer ${id} of ${account.name}`;
      const answer = await call(get(action, endpointOf(account, id, '/content')), options);
      const content = isObject(answer.result) ? answer.result['content'] : undefined;
      if (typeof content !== 'string') throw unusable(action, 'it holds no SQL', answer);
      return content;
    },

    async previewTransformer(account, sql, record, options) {
      const action = `preview a transformer of ${account.name}`;
      const body = { sql, input: record };
      const spec = {
        action,
        nature: 'check',
        method: 'POST',
        ...below(account, PREVIEW_PATH),
        body,
      } as const;
      const answer = await call(spec, options);
      const { result } = answer;
      // Documented as a list; its entries as a record, or null where it is dropped.
      const rows = result !== undefined && isArray(result) ? result : [result ?? null];
      const records = rows.filter((row) => row !== null);
      if (!records.every(isObject)) throw unusable(action, 'it does not hold records', answer);
      return records;
    },
  };
}

export function createTransformerWriter(call: Caller, reader: TransformerReader): TransformerWriter {
  return {
    async createTransformer(account, { sql, ...named }, options) {
      const action = `create ${labelOf(named.name)} of ${account.name}`;
      const body = { ...named, code: sql };
      const spec = {
        action,
        nature: 'create',
        method: 'POST',
        ...below(account, 'transformers'),
        body,
      } as const;
      const { result, status, ray } = await call(spec, options);
      const made = transformerOf(result);
      if (made !== null) return { id: made.id, ray };
      const cause = 'the answer says success but holds no transformer';
      throw new UnknownOutcomeError({ action, cause, status, ...(ray === undefined ? {} : { ray }) });
    },

    async updateTransformer(account, id, { sql, ...named }, options) {
      const action = `update ${labelOf(named.name)} of ${account.name}`;
      const body = sql === undefined ? named : { ...named, code: sql };
      const isDone = async (): Promise<boolean> => {
        const live = await reader.getTransformer(account, id, options);
        if (live?.name !== named.name || live.description !== named.description) return false;
        return (
          sql === undefined || sqlText(await reader.transformerSql(account, id, options)) === sqlText(sql)
        );
      };
      const spec = {
        action,
        nature: 'write',
        method: 'PUT',
        ...endpointOf(account, id),
        body,
        isDone,
      } as const;
      const { ray } = await call(spec, options);
      return { id, ray };
    },

    async deleteTransformer(account, id, options) {
      const action = `delete transformer ${id} of ${account.name}`;
      const isDone = async (): Promise<boolean> =>
        (await reader.getTransformer(account, id, options)) === null;
      try {
        const spec = {
          action,
          nature: 'write',
          method: 'DELETE',
          ...endpointOf(account, id),
          isDone,
        } as const;
        const { ray } = await call(spec, options);
        return { id, ray };
      } catch (error) {
        if (isMissing(error)) return { id, ray: error.ray };
        throw error;
      }
    },
  };
}

function endpointOf(account: ScopeRef, id: number, tail = ''): Endpoint {
  return below(account, `transformers/${jobSegment(id)}${tail}`, `transformers/{id}${tail}`);
}

/** The name for people; it may hold anything. */
function labelOf(name: string): string {
  return `transformer "${cleanerFor([])(name).slice(0, 80)}"`;
}

/** Null when it is not an object with an integer id of at least 1. */
function transformerOf(value: JsonValue | undefined): ListedTransformer | null {
  if (!isObject(value)) return null;
  const { id, name, description, dataset, associated_jobs: jobs } = value;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) return null;
  return {
    id,
    name: textOf(name),
    description: textOf(description),
    dataset: typeof dataset === 'string' && dataset !== '' ? dataset : null,
    jobs: jobs !== undefined && isArray(jobs) ? jobs.filter(isObject).flatMap(usingJobOf) : [],
  };
}

function usingJobOf({ id, name, object_tag: tag, object_type: type }: JsonObject): readonly UsingJob[] {
  if (typeof id !== 'number') return [];
  const kind = type === 'account' ? 'account' : 'zone';
  return [{ id, name: textOf(name), scopeKey: scopeKey({ kind, id: textOf(tag) }) }];
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
