import type { LiveJob } from '../job/job.ts';
import type { DifferenceClass, FieldDiff } from './change.ts';
import { SIGNATURE_TEXTS, signatureOf } from './signature.ts';

/** Sentences that say why: with the values first, then what to do. Names and ids, never a secret. */

export function whyUpdate(live: LiveJob, fields: readonly FieldDiff[]): string {
  const moved = (whose: DifferenceClass): string => paths(fields.filter((field) => field.class === whose));
  const sentences = [
    sentence(moved('pending'), (list) => `The manifest sets ${list} of job ${live.id} anew.`),
    sentence(moved('drift'), (list) => `Somebody changed ${list} of job ${live.id} at Cloudflare.`),
    sentence(
      moved('conflict'),
      (list) =>
        `Both the manifest and somebody at Cloudflare changed ${list} of job ${live.id}; the manifest wins.`,
    ),
    signatureText(fields, live),
  ];
  return sentences.filter((each) => each !== '').join(' ');
}

export function whyAdopt(live: LiveJob, isOwned: boolean, fields: readonly FieldDiff[]): string {
  const who = isOwned
    ? `Job ${live.id} is what a create made whose answer was lost`
    : `Job ${live.id} has this name and is not owned yet`;
  return `${who}; it is taken over, and ${paths(fields)} set as in the manifest.`;
}

/** The immutable fields that differ, as in `dataset (dns_logs, wanted: http_requests)`. */
export function fixedFields(fields: readonly FieldDiff[]): string {
  const each = fields.map(({ path, before, after }) => `${path} (${text(before)}, wanted: ${text(after)})`);
  return each.join(' and ');
}

export function paths(fields: readonly FieldDiff[]): string {
  return fields.map(({ path }) => path).join(', ');
}

function signatureText(fields: readonly FieldDiff[], live: LiveJob): string {
  const signature = signatureOf(fields, live, null);
  return signature === null ? '' : SIGNATURE_TEXTS[signature];
}

function sentence(list: string, say: (list: string) => string): string {
  return list === '' ? '' : say(list);
}

function text(value: FieldDiff['before']): string {
  return value === null || value === '' ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}
