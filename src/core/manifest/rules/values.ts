import { fieldOf } from '../../job/field-table.ts';
import type { JsonValue } from '../../job/job.ts';
import type { Problem } from '../../problem.ts';
import { DATASETS } from '../datasets.ts';
import type { Place } from '../finding.ts';
import { finding } from '../finding.ts';
import { ignoreRulesOf } from '../ignore.ts';
import { nearest, suggestion } from '../nearest.ts';
import { isObject, type Path, showableKey } from '../path.ts';
import { hasReference } from '../reference.ts';
import type { SchemaView } from '../schema-view.ts';
import { listed, quoted } from '../showing.ts';
import type { Written, WrittenJob } from '../written.ts';
import { layerWith, placeIn, placeOf, textOf } from '../written.ts';
import { everyJob, everyLayer, pieceAt } from './rule.ts';

export function* badDataset(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const dataset = textOf(layer.body, 'dataset');
    if (dataset === undefined || dataset === '' || hasReference(dataset)) continue;
    if (/^[A-Za-z0-9_-]+$/.test(dataset)) continue;
    const message = `${quoted(dataset)} cannot be a dataset: their names consist of letters, digits, "_" and "-".`;
    yield finding('bad-dataset', placeIn(layer, 'dataset'), message);
  }
}

/** Cloudflare adds datasets every few weeks, so this cannot be an error. */
export function* unknownDataset(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const dataset = textOf(layer.body, 'dataset');
    if (dataset === undefined || DATASETS.has(dataset) || !/^[A-Za-z0-9_-]+$/.test(dataset)) continue;
    const guess = suggestion(dataset, DATASETS.keys());
    const message = `${quoted(dataset)} is not a dataset that this release knows.${guess} If it is new at Cloudflare, all is well.`;
    yield finding('unknown-dataset', placeIn(layer, 'dataset'), message);
  }
}

export function* wrongScope(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const dataset = job.merged['dataset'];
    if (typeof dataset !== 'string') continue;
    const scopes = DATASETS.get(dataset);
    if (scopes === undefined || scopes.includes(job.entry.kind)) continue;
    const message = `As far as this release knows ${dataset} is a dataset of ${scopes.join(' and ')}s, and this job is in ${job.entry.kind === 'zone' ? 'a zone' : 'an account'}. Cloudflare may refuse it.`;
    yield finding('wrong-scope', ownPlace(job, 'dataset'), message);
  }
}

export function* unsupportedKind(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const { kind, dataset } = job.merged;
    if (kind !== 'edge' || typeof dataset !== 'string' || dataset === 'http_requests') continue;
    const message = `Edge jobs exist for http_requests only, and this one is for ${quoted(dataset)}. Remove "kind".`;
    yield finding('unsupported-kind', ownPlace(job, 'kind'), message);
  }
}

const ATTACK_DATASETS: readonly JsonValue[] = ['http_requests', 'firewall_events', 'network_analytics_logs'];

export function* optionNotForDataset(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const { dataset, filter_attack_traffic: attack, output_options: options } = job.merged;
    if (typeof dataset !== 'string' || hasReference(dataset)) continue;
    if (attack === true && !ATTACK_DATASETS.includes(dataset)) {
      const message = `filter_attack_traffic is for ${listed(ATTACK_DATASETS.map(String))}, and this job is for ${quoted(dataset)}. Cloudflare may refuse it.`;
      yield finding('option-not-for-dataset', ownPlace(job, 'filter_attack_traffic'), message);
    }
    if (job.merged['kind'] === 'edge' && dataset === 'http_requests' && job.entry.kind === 'account') {
      const message = 'Edge jobs are for http_requests of a zone. Cloudflare may refuse one of an account.';
      yield finding('option-not-for-dataset', ownPlace(job, 'kind'), message);
    }
    const merges = isObject(options) && options['merge_subrequests'] === true;
    if (merges && (dataset !== 'http_requests' || job.entry.kind === 'account')) {
      const message = 'merge_subrequests is for http_requests of a zone only. Cloudflare may refuse it.';
      yield finding('option-not-for-dataset', ownPlace(job, 'output_options'), message);
    }
  }
}

const DEPRECATED: ReadonlyMap<string, string> = new Map([
  [
    'frequency',
    'Cloudflare has deprecated "frequency". Use max_upload_interval_seconds, max_upload_bytes and max_upload_records.',
  ],
  [
    'logpull_options',
    'Cloudflare has deprecated "logpull_options". Use "output_options", which can say the same: "logpushd migrate" writes them.',
  ],
  ['merge_subrequests', 'This key has moved into output_options. Write it there.'],
]);

export function* deprecated(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    for (const [key, message] of DEPRECATED) {
      const value = layer.body[key];
      if (value === undefined || value === null || value === '') continue;
      yield finding('deprecated', placeIn(layer, key, 'key'), message);
    }
  }
}

/** `cloudflare-api.md` §2.2: `output_options` wins. */
export function* bothOptionForms(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const { output_options: options, logpull_options: old } = job.merged;
    if (!isObject(options) || typeof old !== 'string' || old === '') continue;
    const message =
      'This job has output_options too, and Cloudflare then ignores logpull_options. Remove it.';
    yield finding('both-option-forms', ownPlace(job, 'logpull_options'), message);
  }
}

export function* knownKeyInExtra(written: Written, view: SchemaView): Iterable<Problem> {
  const known = view.keysOf(view.definition('job'));
  for (const layer of everyLayer(written)) {
    const extra = pieceAt(layer, 'extra');
    if (extra === undefined) continue;
    for (const key of Object.keys(extra.body)) {
      const isTheirs = fieldOf(key)?.managedBy === 'cloudflare' || key === 'id';
      if (!isTheirs && !known.includes(key)) continue;
      const message = isTheirs
        ? `Only Cloudflare writes "${key}". Remove it.`
        : `"${key}" is a key of a job. Write it there: "extra" is for keys newer than this release.`;
      yield finding('known-key-in-extra', placeIn(extra, key, 'key'), message);
    }
  }
}

export function* unknownIgnore(written: Written, view: SchemaView): Iterable<Problem> {
  const options = view.keysOf(view.definition('output_options')).map((key) => `output_options.${key}`);
  const fields = view
    .keysOf(view.definition('job'))
    .filter((key) => fieldOf(key) !== undefined && key !== 'id');
  const known = [...fields, ...options];
  for (const { document, path: where, body } of [...everyLayer(written), ...written.entries]) {
    const placed = (path: Path): Place => document.placeOf([...where, ...path]);
    for (const { field: path, place } of ignoreRulesOf(body['ignore'], placed)) {
      if (known.includes(path) || path.startsWith('destination_conf.')) continue;
      const near = path === 'destination' ? 'destination_conf' : nearest(path, known);
      const guess = near === undefined ? '' : ` Did you mean "${near}"?`;
      const shown = showableKey(path, []) ? quoted(path) : 'This';
      const message = `${shown} is not a field of a job that this release knows.${guess}`;
      yield finding('unknown-ignore', place, message);
    }
  }
}

/**
 * Where in the job itself to look for something that comes from one of its layers: a preset is right for other jobs,
 * so the place is the job's own key, else its `preset`.
 */
function ownPlace(job: WrittenJob, key: string): Place {
  if (Object.hasOwn(job.body, key)) return placeIn(job, key);
  return layerWith(job, key)?.piece === job.preset ? placeIn(job, 'preset') : placeOf(job);
}
