import { isDataset } from '../catalogue/catalogue.ts';
import { ApiFailure, CODES, type Reply } from './envelope.ts';
import { isRecord, type Json, type JsonRecord, rfc3339 } from './json.ts';
import { parseSelect, runSelect, type Select } from './transformer-sql.ts';
import { bodyOf, type Call, type Scope, scopeOf, type World } from './world.ts';

/** Rows 15 to 19 of `cloudflare-api.md` §1.2, and what §1.3 says of transformers. */

const NAME_BYTES = 255;
const DESCRIPTION_BYTES = 4096;
const SQL_BYTES = 10_240; // docs; the SDK says 32 KB

export interface Transformer {
  readonly id: number;
  readonly accountId: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Oldest first; the last one is in force. */
  readonly versions: readonly { readonly id: number; readonly code: string; readonly createdAt: number }[];
}

export function listTransformers(call: Call, world: World): Reply {
  const accountId = accountOf(call, world);
  const mine = [...world.transformers.values()].filter((one) => one.accountId === accountId);
  return { result: mine.map((one) => show(one, world)) };
}

export function createTransformer(call: Call, world: World): Reply {
  const accountId = accountOf(call, world);
  const body = bodyOf(call);
  const { name, description } = named(body);
  const code = codeOf(body['code']);
  const id = Math.max(0, ...world.transformers.keys()) + 1;
  const now = world.now();
  const versions = [{ id: 1, code, createdAt: now }];
  const transformer = { id, accountId, name, description, createdAt: now, updatedAt: now, versions };
  world.transformers.set(id, transformer);
  return { result: show(transformer, world) };
}

export function getTransformer(call: Call, world: World): Reply {
  return { result: show(found(call, world), world) };
}

/** §1.2: a PUT with `code` makes a new version; leaving out `description` clears it. */
export function updateTransformer(call: Call, world: World): Reply {
  const before = found(call, world);
  const body = bodyOf(call);
  const now = world.now();
  const added =
    body['code'] === undefined
      ? []
      : [{ id: before.versions.length + 1, code: codeOf(body['code']), createdAt: now }];
  const after = { ...before, ...named(body), updatedAt: now, versions: [...before.versions, ...added] };
  world.transformers.set(after.id, after);
  return { result: show(after, world) };
}

/** §1.3: 409 while jobs refer to it. */
export function deleteTransformer(call: Call, world: World): Reply {
  const transformer = found(call, world);
  if (jobsOf(transformer, world).length > 0) {
    throw new ApiFailure(409, CODES.notAllowed, `transformer ${transformer.id} is in use by a job`);
  }
  world.transformers.delete(transformer.id);
  return { result: { id: transformer.id } };
}

export function previewTransformer(call: Call, world: World): Reply {
  accountOf(call, world);
  const { input, sql } = bodyOf(call);
  if (!isRecord(input)) throw bad('missing field input');
  return { result: runSelect(select(codeOf(sql, 'sql')), input) };
}

export function transformerContent(call: Call, world: World): Reply {
  const transformer = found(call, world);
  const wanted = call.query.get('version_id');
  const version =
    wanted === null
      ? transformer.versions.at(-1)
      : transformer.versions.find((candidate) => String(candidate.id) === wanted);
  if (version === undefined) throw new ApiFailure(404, CODES.notFound, `version ${wanted ?? ''} not found`);
  return { result: { content: version.code } };
}

export function transformerVersions(call: Call, world: World): Reply {
  const limit = Number(call.query.get('limit') ?? 100);
  const newestFirst = found(call, world).versions.toReversed().slice(0, limit);
  return {
    result: newestFirst.map(({ id, createdAt }) => ({
      id,
      created_at: rfc3339(createdAt),
      version: id,
    })),
  };
}

/**
 * Refuses a job whose transformer does not exist or reads another dataset (§1.3).
 *
 * @throws ApiFailure 400.
 */
export function checkTransformer(id: Json | undefined, dataset: string, scope: Scope, world: World): void {
  if (typeof id !== 'number' || id === 0) return;
  const transformer = world.transformers.get(id);
  if (transformer?.accountId !== scope.accountId) throw bad(`transformer ${id} not found for this account`);
  if (datasetOf(transformer) !== dataset) throw bad('transformer dataset does not match job dataset');
}

function accountOf(call: Call, world: World): string {
  if (world.switches.transformers === 'missing') {
    throw new ApiFailure(403, CODES.notAllowed, 'feature not available for this account');
  }
  return scopeOf(call).accountId;
}

function found(call: Call, world: World): Transformer {
  const accountId = accountOf(call, world);
  const transformer = world.transformers.get(Number(call.params['transformer']));
  if (transformer?.accountId === accountId) return transformer;
  throw new ApiFailure(404, CODES.notFound, `transformer ${call.params['transformer'] ?? ''} not found`);
}

function named(body: JsonRecord): { readonly name: string; readonly description: string } {
  const { name, description = '' } = body;
  if (typeof name !== 'string' || name === '') throw bad('missing field name');
  if (typeof description !== 'string') throw bad('description is not a string');
  if (Buffer.byteLength(name) > NAME_BYTES) throw bad(`name is longer than ${NAME_BYTES} bytes`);
  if (Buffer.byteLength(description) > DESCRIPTION_BYTES) {
    throw bad(`description is longer than ${DESCRIPTION_BYTES} bytes`);
  }
  return { name, description };
}

function codeOf(code: Json | undefined, field = 'code'): string {
  if (typeof code !== 'string' || code === '') throw bad(`missing field ${field}`);
  if (Buffer.byteLength(code) > SQL_BYTES) {
    throw new ApiFailure(413, CODES.badInput, `${field} is longer than ${SQL_BYTES} bytes`);
  }
  select(code);
  return code;
}

function select(code: string): Select {
  const parsed = parseSelect(code);
  if (typeof parsed === 'string') throw bad(`schema validation failed: ${parsed}`);
  if (!isDataset(parsed.from)) throw bad(`schema validation failed: unknown dataset "${parsed.from}"`);
  return parsed;
}

function datasetOf(transformer: Transformer): string | null {
  const parsed = parseSelect(transformer.versions.at(-1)?.code ?? '');
  return typeof parsed === 'string' ? null : parsed.from;
}

function jobsOf(transformer: Transformer, world: World): JsonRecord[] {
  const zones = [...world.zones.values()].filter((zone) => zone.accountId === transformer.accountId);
  const scopes = [
    { type: 'account', tag: transformer.accountId },
    ...zones.map((zone) => ({ type: 'zone', tag: zone.id })),
  ];
  return scopes.flatMap(({ type, tag }) =>
    world.jobs
      .living(tag)
      .filter((job) => job.config['transformer_id'] === transformer.id)
      .map((job) => ({ id: job.id, name: job.config['name'] ?? '', object_tag: tag, object_type: type })),
  );
}

function show(transformer: Transformer, world: World): JsonRecord {
  const { id, name, description, createdAt, updatedAt } = transformer;
  return {
    id,
    name,
    description,
    dataset: datasetOf(transformer),
    created_at: rfc3339(createdAt),
    updated_at: rfc3339(updatedAt),
    associated_jobs: jobsOf(transformer, world),
  };
}

function bad(what: string): ApiFailure {
  return new ApiFailure(400, CODES.badInput, what);
}
