import { isZeroTrust } from '../catalogue/catalogue.ts';
import { newDelivery, switched } from './delivery.ts';
import { checkDestination, readDestination } from './destination.ts';
import { ApiFailure, CODES, type Reply } from './envelope.ts';
import { checkJob, knownKeys } from './job-rules.ts';
import type { JobRecord } from './job-store.ts';
import { showJob } from './job-view.ts';
import { type Json, type JsonRecord, textOf } from './json.ts';
import { storedOptions } from './output-options.ts';
import { checkOwnership } from './ownership.ts';
import { checkReachable } from './reachability.ts';
import { checkTransformer } from './transformers.ts';
import { bodyOf, type Call, type Scope, scopeOf, type World } from './world.ts';

/** Rows 1 to 6 of `cloudflare-api.md` §1.2. */

/** §12.20: the page a wrong Splunk URL gave. */
const GATEWAY_TIMEOUT =
  '<html><head><title>504 Gateway Time-out</title></head><body>cloudflare</body></html>';

/** §1.2: no pagination and no parameters; one answer is the whole. */
export function listJobs(call: Call, world: World): Reply {
  return { result: shownList(jobsFor(call, world), world) };
}

export function listDatasetJobs(call: Call, world: World): Reply {
  const { dataset } = call.params;
  return {
    result: shownList(
      jobsFor(call, world).filter((job) => job.config['dataset'] === dataset),
      world,
    ),
  };
}

export function getJob(call: Call, world: World): Reply {
  const id = jobIdOf(call);
  const job = jobsFor(call, world).find((candidate) => candidate.id === id);
  if (job === undefined) throw missingJob();
  if (world.switches.zero_trust_reads !== 'allowed') refuseZeroTrust(job);
  return { result: showJob(job, world.switches, 'get') };
}

export function createJob(call: Call, world: World): Reply {
  const { switches } = world;
  const scope = scopeOf(call);
  const body = knownKeys(bodyOf(call), switches.unknown_keys);
  const conf = body['destination_conf'];
  const isSplunk = typeof conf === 'string' && conf.startsWith('splunk://');
  if (switches.create_504 === 'all' || (switches.create_504 === 'splunk' && isSplunk)) {
    return { status: 504, result: null, html: GATEWAY_TIMEOUT };
  }
  const destination = checkDestination(conf, world);
  // §2.1: an omitted dataset means http_requests.
  const dataset =
    typeof body['dataset'] === 'string' && body['dataset'] !== '' ? body['dataset'] : 'http_requests';
  checkJob(body, { action: 'creating a new job', dataset, scheme: destination.scheme, switches });
  checkQuota(scope, dataset, world);
  checkDuplicate(scope, destination.text, world);
  checkOwnership(body['ownership_challenge'], destination, scope, world);
  checkTransformer(body['transformer_id'], dataset, scope, world);
  checkReachable(destination, world);
  const job = storeJob(scope, { ...storedConfig(body, {}, 'replace'), dataset }, world);
  return {
    status: Number(switches.create_status),
    result: showJob(job, switches, 'write'),
    lost: switches.lost_response === 'create',
  };
}

export function updateJob(call: Call, world: World): Reply {
  const { switches } = world;
  const scope = scopeOf(call);
  const before = world.jobs.get(scope.id, jobIdOf(call));
  if (before === null) throw missingJob();
  const body = withoutImmutable(knownKeys(bodyOf(call), switches.unknown_keys), before, world);
  const conf = 'destination_conf' in body ? body['destination_conf'] : before.config['destination_conf'];
  const destination = checkDestination(conf, world);
  const isMoved = destination.text !== before.config['destination_conf'];
  const dataset = textOf(before.config['dataset']);
  checkJob(body, { action: 'updating a job', dataset, scheme: destination.scheme, switches });
  if (isMoved) {
    refuseDatadog(before, destination.scheme);
    checkDuplicate(scope, destination.text, world);
    // §6.3: a new destination needs a new challenge.
    checkOwnership(body['ownership_challenge'], destination, scope, world);
  }
  checkTransformer(body['transformer_id'], dataset, scope, world);
  // §2.3: an HTTPS destination is validated again on each PUT, changed or not.
  const isTested = destination.scheme === 'https' && switches.put_revalidation === 'https';
  if (isMoved || isTested) checkReachable(destination, world);
  const config: JsonRecord = {
    ...storedConfig(body, before.config, switches.output_options_put),
    dataset,
  };
  const delivery = switched(before.delivery, world.now(), config['enabled'] === true);
  const failure = world.destinations.failureOf(destination.text);
  const job = { ...before, config, delivery: { ...delivery, failure } };
  world.jobs.put(job);
  return { result: showJob(job, switches, 'write') };
}

export function deleteJob(call: Call, world: World): Reply {
  const scope = scopeOf(call);
  const job = world.jobs.get(scope.id, jobIdOf(call));
  // §8.3: DELETE of a missing job is presumably 404.
  if (job === null) throw missingJob();
  world.jobs.remove(scope.id, job.id);
  // §1.2 row 5: three shapes have been seen.
  const results = { empty: {}, id: { id: job.id }, null: null };
  return { result: results[world.switches.delete_result] };
}

/** Keeps a job as it is, unchecked. */
export function storeJob(scope: Scope, config: JsonRecord, world: World, id?: number): JobRecord {
  const now = world.now();
  const failure = world.destinations.failureOf(textOf(config['destination_conf']));
  const job: JobRecord = {
    id: id ?? world.jobs.nextId(scope.id),
    scopeId: scope.id,
    config,
    createdAt: now,
    delivery: newDelivery(now, config['enabled'] === true, failure),
  };
  world.jobs.put(job);
  return job;
}

/** §2.3: a shallow merge at the top level; null unsets. The ownership challenge is write-only and not kept. */
function storedConfig(body: JsonRecord, before: JsonRecord, how: 'replace' | 'merge'): JsonRecord {
  const config: Record<string, Json> = { ...before };
  for (const [key, value] of Object.entries(body)) {
    const kept = key === 'output_options' ? storedOptions(value, before[key], how) : value;
    if (kept === undefined || kept === null) delete config[key];
    else config[key] = kept;
  }
  delete config['ownership_challenge'];
  return config;
}

/** §2.3: a changed `kind` is 400; `dataset` is not in the PUT schema at all. */
function withoutImmutable(body: JsonRecord, before: JobRecord, world: World): JsonRecord {
  const { kind, dataset, ...rest } = body;
  const changed =
    (kind !== undefined && kind !== null && kind !== (before.config['kind'] ?? '') && 'kind') ||
    (dataset !== undefined && dataset !== null && dataset !== before.config['dataset'] && 'dataset');
  if (changed !== false && world.switches.immutable_fields === 'reject') {
    throw new ApiFailure(400, CODES.badInput, `${changed} cannot be changed`);
  }
  return rest;
}

function checkQuota(scope: Scope, dataset: string, world: World): void {
  const { switches } = world;
  const action = 'creating a new job is not allowed: exceeded max jobs allowed';
  if (switches.unavailable_datasets.includes(dataset)) {
    throw new ApiFailure(403, CODES.notAllowed, `${action} for ${dataset} dataset`);
  }
  const limit = scope.kind === 'zone' ? switches.jobs_per_zone : switches.jobs_per_account;
  // §7: 4 jobs a zone; disabled ones are counted too, which nobody has confirmed.
  if (limit !== null && world.jobs.living(scope.id).length >= limit) {
    throw new ApiFailure(403, CODES.notAllowed, action);
  }
}

function checkDuplicate(scope: Scope, conf: string, world: World): void {
  if (world.switches.duplicate_destination === 'allow') return;
  const jobs = world.jobs.living(scope.id);
  // §6.4: DG takes 1007 as "a job for this destination exists"; the real text is unknown.
  if (jobs.some((job) => job.config['destination_conf'] === conf)) {
    throw new ApiFailure(400, CODES.duplicate, 'a job with this destination already exists');
  }
}

/** §2.3: a non-Datadog job cannot become a Datadog job. */
function refuseDatadog(before: JobRecord, scheme: string): void {
  const old = readDestination(textOf(before.config['destination_conf']))?.scheme;
  if (scheme === 'datadog' && old !== 'datadog') {
    throw new ApiFailure(
      400,
      CODES.destination,
      'a job cannot be converted to a Datadog job; create a new one',
    );
  }
}

function jobsFor(call: Call, world: World): readonly JobRecord[] {
  const { id } = scopeOf(call);
  return call.asOf === null ? world.jobs.visible(id) : world.jobs.asOf(id, call.asOf);
}

function shownList(jobs: readonly JobRecord[], world: World): Json {
  const { zero_trust_reads: reads } = world.switches;
  // §12.13: whether the whole listing fails or only leaves such jobs out is unknown.
  if (reads === 'refused') jobs.forEach(refuseZeroTrust);
  const readable =
    reads === 'allowed' ? jobs : jobs.filter((job) => !isZeroTrust(textOf(job.config['dataset'])));
  return readable.map((job) => showJob(job, world.switches, 'list'));
}

function refuseZeroTrust(job: JobRecord): void {
  const dataset = textOf(job.config['dataset']);
  if (isZeroTrust(dataset)) {
    throw new ApiFailure(403, CODES.notAllowed, `reading job for product '${dataset}' is not allowed`);
  }
}

function jobIdOf(call: Call): number {
  const text = call.params['job'] ?? '';
  if (!/^[1-9]\d{0,15}$/.test(text))
    throw new ApiFailure(400, CODES.notFound, 'Invalid logpush job identifier');
  return Number(text);
}

function missingJob(): ApiFailure {
  return new ApiFailure(404, CODES.notFound, 'Invalid logpush job identifier');
}
