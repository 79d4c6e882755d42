import { canonicalJson } from '../job/canonical-json.ts';
import { managedValues } from '../job/diff.ts';
import type { DesiredJob, JsonValue, LiveJob } from '../job/job.ts';
import { optionsOf } from '../job/output-options.ts';
import { choiceOf, listedFields, withFields } from '../manifest/field-names.ts';
import type { Fingerprint, ScopeLedger } from './ledger-entry.ts';

const PATH = 'output_options.field_names';

/**
 * The fields that the live job has, where they are what `all`, `default` or `all_except` stood for when logpushd wrote them:
 * the manifest chooses in the same way, and nobody has changed the list since. What Cloudflare lists anew is then no
 * reason to write. Undefined where the fields have to be chosen now.
 */
export function settledFields(
  job: DesiredJob,
  live: readonly LiveJob[],
  { entries }: ScopeLedger,
  fingerprint: Fingerprint,
): readonly string[] | undefined {
  const entry = entries.find(({ name }) => name === job.name);
  const found = live.find(({ id }) => id === entry?.id);
  const choice = choiceOf(job);
  if (entry === undefined || found === undefined || choice === undefined) return undefined;
  if (entry.fieldChoice !== fingerprint(choiceText(choice))) return undefined;
  const names = optionsOf(found.fields)?.['field_names'];
  if (!Array.isArray(names) || names.length === 0) return undefined;
  const settled = withFields(job, names);
  const text = managedValues(settled.fields, job.ignore).get(PATH) ?? '';
  return entry.applied[PATH] === fingerprint(text) ? listedFields(settled) : undefined;
}

/** The same text for every spelling of the same choice. */
export function choiceText(choice: JsonValue): string {
  return canonicalJson(choice);
}
