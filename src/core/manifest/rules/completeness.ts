import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import { ignoreRulesOf } from '../ignore.ts';
import { suggestion } from '../nearest.ts';
import { isHarmlessName, isObject } from '../path.ts';
import type { SchemaView } from '../schema-view.ts';
import { listed, quoted } from '../showing.ts';
import type { Written, WrittenJob } from '../written.ts';
import { placeIn, placeOf, textOf } from '../written.ts';
import { everyJob, everyLayer, hasUnknownKey } from './rule.ts';

export function* unknownPreset(written: Written): Iterable<Problem> {
  const names = written.presets.map(({ name }) => name);
  for (const job of everyJob(written)) {
    const preset = textOf(job.body, 'preset');
    if (preset === undefined || preset === '' || job.preset !== undefined) continue;
    yield finding('unknown-preset', placeIn(job, 'preset'), unknownName('preset', preset, names));
  }
}

export function* unknownDestination(written: Written): Iterable<Problem> {
  const names = new Set(written.destinations.map(({ name }) => name));
  for (const layer of everyLayer(written)) {
    const destination = textOf(layer.body, 'destination');
    if (destination === undefined || destination === '' || names.has(destination)) continue;
    const message = destination.includes('://')
      ? 'This is not the name of a destination but the destination itself. Write it under "destination_conf".'
      : unknownName('destination', destination, [...names]);
    yield finding('unknown-destination', placeIn(layer, 'destination'), message);
  }
}

function unknownName(what: string, name: string, names: readonly string[]): string {
  const shown = isHarmlessName(name)
    ? `There is no ${what} ${quoted(name)}.`
    : `There is no ${what} of this name.`;
  const near = suggestion(name, names);
  if (near !== '') return shown + near;
  const all = names.length === 0 ? `No file has ${what}s.` : `There are: ${listed(names.slice(0, 20))}.`;
  return `${shown} ${all}`;
}

export function* bothDestinations(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    if (!Object.hasOwn(layer.body, 'destination') || !Object.hasOwn(layer.body, 'destination_conf')) continue;
    const message = 'Write either "destination" or "destination_conf", not both.';
    yield finding('conflicting-keys', placeIn(layer, 'destination_conf', 'key'), message);
  }
}

export function* missingDataset(written: Written, view: SchemaView): Iterable<Problem> {
  for (const job of everyJob(written)) {
    if (!isJudgeable(job, view) || 'dataset' in job.merged) continue;
    const message = `Nothing says which logs ${jobName(job)} pushes. Add "dataset", in the job, its preset or the defaults.`;
    yield finding('missing-dataset', placeOf(job), message);
  }
}

export function* missingDestination(written: Written, view: SchemaView): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const merged = job.merged;
    if (!isJudgeable(job, view) || 'destination' in merged || 'destination_conf' in merged) continue;
    const message = `Nothing says where the logs of ${jobName(job)} go. Add "destination" or "destination_conf", in the job, its preset or the defaults.`;
    yield finding('missing-destination', placeOf(job), message);
  }
}

/** Once for each document: whoever has not thought of it has not for all of its jobs. */
export function* notEnabled(written: Written, view: SchemaView): Iterable<Problem> {
  const jobs = [...everyJob(written)].filter((job) => isJudgeable(job, view) && isSilentOnEnabled(job));
  for (const [first, ...others] of Map.groupBy(jobs, ({ document }) => document).values()) {
    if (first === undefined) continue;
    const { length } = others;
    const more = length === 0 ? '' : ` and ${length} ${length === 1 ? 'other' : 'others'} of this file`;
    const message = `Nothing sets "enabled" for ${jobName(first)}${more}, and Cloudflare creates a job disabled. Write "enabled: true" or "enabled: false", in the job, its preset or the defaults.`;
    yield finding('not-enabled', placeOf(first), message);
  }
}

function isSilentOnEnabled(job: WrittenJob): boolean {
  const rules = ignoreRulesOf(job.merged['ignore'], () => placeOf(job));
  return !('enabled' in job.merged) && !rules.some(({ field }) => field === 'enabled');
}

/** A key that seems to be missing may be in the preset that is not there, or misspelt. Both are reported already. */
function isJudgeable(job: WrittenJob, view: SchemaView): boolean {
  const presetIsThere = !Object.hasOwn(job.body, 'preset') || job.preset !== undefined;
  return presetIsThere && job.layers.every(({ body }) => isObject(body) && !hasUnknownKey(body, view));
}

function jobName(job: WrittenJob): string {
  const name = textOf(job.body, 'name');
  return name === undefined ? 'this job' : `the job ${quoted(name)}`;
}
