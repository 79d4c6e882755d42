import type { DestinationSpec } from '../destination/destination-type.ts';
import { buildDestination, showDestination } from '../destination/destination.ts';
import { parseJson } from '../job/canonical-json.ts';
import { filterText } from '../job/filter.ts';
import type { BlockedJob, DesiredJob, JobFields, JsonObject, JsonValue } from '../job/job.ts';
import { Secret } from '../secret.ts';
import { destinationFault } from './destination-faults.ts';
import type { JobNames } from './lookup.ts';
import type { Lookup } from './fill.ts';
import { Filling } from './fill.ts';
import { filterFaults } from './filter-faults.ts';
import type { DestinationTemplate, JobTemplate } from './manifest.ts';
import { hasUnsafeCharacter } from './showing.ts';

const LONGEST_NAME = 512;
const DATASET = /^[A-Za-z0-9_-]{1,256}$/;

/** The lookup for a job of these names; the dataset may itself hold references. */
export type LookupFor = (job: JobNames) => Lookup;

/** The name of a job within a scope, or what is missing for it. */
export function renderName(
  template: JobTemplate,
  lookupFor: LookupFor,
): { readonly name: string } | { readonly missing: string } {
  const filling = new Filling(lookupFor({}));
  const name = filling.text(template.name);
  return filling.missing.size > 0 ? { missing: [...filling.missing].join('; ') } : { name };
}

/**
 * A job of one scope with all its values, or blocked with everything that is missing for it.
 *
 * @param ignore the fields that are left to others
 */
export function renderJob(
  template: JobTemplate,
  name: string,
  lookupFor: LookupFor,
  ignore: readonly string[],
): DesiredJob | BlockedJob {
  const dataset = new Filling(lookupFor({ name })).value(template.fields['dataset'] ?? '');
  const lookup = lookupFor({ name, ...(typeof dataset === 'string' ? { dataset } : {}) });
  const filling = new Filling(lookup);
  const fields = fieldsOf(template.fields, filling);
  const conf = destinationConf(template.destination, filling);
  const faults =
    filling.missing.size > 0 ? [...filling.missing] : faultsOf(name, fields, conf, filling.secrets);
  if (faults.length > 0) {
    return blockedJob(template, name, `${faults.join('; ')}.${proofAdvice(template, lookup)}`);
  }
  return {
    name,
    fields: { name, ...fields, destination_conf: new Secret(conf) },
    ...(template.id === undefined ? {} : { id: template.id }),
    protect: template.protect,
    ignore,
    ...(template.mode === undefined ? {} : { mode: template.mode }),
    origin: template.place.origin,
  };
}

/** What makes the proof of ownership that is missing. */
function proofAdvice({ fields }: JobTemplate, lookup: Lookup): string {
  const proof = new Filling(lookup);
  proof.value(fields['ownership_challenge'] ?? null);
  if (proof.missing.size === 0) return '';
  return (
    ' A proof of ownership is made with "logpushd challenge request" and "logpushd challenge submit" for this job; ' +
    'or leave out "ownership_challenge" where a reader of the setting challenge.readers fetches it.'
  );
}

export function blockedJob(template: JobTemplate, name: string, reason: string): BlockedJob {
  const { id, place } = template;
  return { name, reason, ...(id === undefined ? {} : { id }), origin: place.origin };
}

function fieldsOf(fields: JsonObject, filling: Filling): JobFields {
  const { dataset, ...others } = fields;
  const ordered = { dataset: dataset ?? '', ...others };
  return Object.fromEntries(
    Object.entries(ordered).map(([key, value]): [string, JsonValue | Secret] => {
      if (key === 'filter') return [key, filterOf(value, filling)];
      const filled = filling.value(value);
      return [key, key === 'ownership_challenge' && typeof filled === 'string' ? new Secret(filled) : filled];
    }),
  );
}

/** References within JSON text are filled as values, so that a quote in one does not break the JSON. */
function filterOf(filter: JsonValue, filling: Filling): JsonValue {
  if (filter === null) return null;
  if (typeof filter !== 'string' || !filter.includes('$')) return filterText(filling.value(filter));
  const parsed = parseJson(filter);
  return filterText(parsed === undefined ? filling.text(filter) : filling.value(parsed));
}

function destinationConf(destination: DestinationTemplate, filling: Filling): string {
  if (destination.form === 'conf') return filling.uri(destination.text);
  const spec = Object.fromEntries(
    Object.entries(destination.spec).map(([key, value]) => [
      key,
      key === 'url' && typeof value === 'string' ? filling.uri(value) : filling.value(value),
    ]),
  );
  return isDestinationSpec(spec) ? buildDestination(spec) : '';
}

/** The schema vouches for what stands under the keys of each type. */
function isDestinationSpec(value: { readonly [key: string]: unknown }): value is DestinationSpec {
  return typeof value['type'] === 'string';
}

/** What only shows when the values are known. None of the values is repeated: they may come from a secret. */
function faultsOf(
  name: string,
  { dataset, filter }: JobFields,
  conf: string,
  secrets: ReadonlyMap<string, string>,
): readonly string[] {
  const faults = [
    name.length > LONGEST_NAME
      ? `The name has ${name.length} characters; Cloudflare takes at most ${LONGEST_NAME}.`
      : undefined,
    hasUnsafeCharacter(name) ? 'The name holds a control, direction or invisible character.' : undefined,
    typeof dataset === 'string' && DATASET.test(dataset)
      ? undefined
      : '"dataset" is not the name of a dataset.',
    destinationFault(conf),
    shownSecretFault(conf, secrets),
    typeof filter === 'string' ? filterFaults(filter)[0]?.message : undefined,
  ];
  return faults
    .filter((fault) => fault !== undefined)
    .map((fault) => `with its references put in: ${fault.replace(/\.$/, '')}`);
}

/** Shorter ones stand in any text by chance. */
const SHORTEST_SHOWN = 6;

/** Of a destination the host or bucket and most of the path are no secret to anybody: plans, logs and alerts name them. */
export function shownSecretFault(conf: string, secrets: ReadonlyMap<string, string>): string | undefined {
  const open = showDestination(conf);
  for (const [name, value] of secrets) {
    if (value.length < SHORTEST_SHOWN || !open.includes(value)) continue;
    return `the value of \${secret:${name}} would stand where plans and logs show it. Write host, bucket and path into the manifest, and keep only credentials in secrets.`;
  }
  return undefined;
}
