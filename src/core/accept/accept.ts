import { isList, isObject } from '../job/canonical-json.ts';
import { fieldOf } from '../job/field-table.ts';
import type { DesiredJob, JsonValue } from '../job/job.ts';
import type { JobTemplate, Manifest, ScopeEntry } from '../manifest/manifest.ts';
import { suggestion } from '../manifest/nearest.ts';
import type { ManifestFile } from '../manifest/parser.ts';
import { changedJobs } from '../migrate/proof.ts';
import type { Parse, Rewritten } from '../migrate/migrate.ts';
import { editedText } from '../migrate/text-edit.ts';
import { YamlText } from '../migrate/yaml-text.ts';
import type { Change, FieldDiff, Plan, Withheld } from '../plan/change.ts';
import { lineEdits } from './line-edits.ts';
import { valueSet } from './set-value.ts';

export interface Acceptance {
  readonly rewritten: Rewritten;
  /** All files, as they are to be. */
  readonly files: readonly ManifestFile[];
  /** What the manifest takes over from Cloudflare. */
  readonly fields: readonly FieldDiff[];
}

/** Why it cannot be done, and what to do instead. */
export interface NotAccepted {
  readonly refusal: string;
}

export interface AcceptRequest {
  readonly files: readonly ManifestFile[];
  readonly parse: Parse;
  /** Of the manifest that the files hold. */
  readonly plan: Plan;
  readonly job: string;
  /** Paths; all that has drifted where there are none. */
  readonly paths: readonly string[];
}

/**
 * The manifest with what somebody changed of one job at Cloudflare, as if it had been asked for. It is written into the
 * job itself: what other jobs have from the same preset or defaults stays.
 *
 * Nothing but this one job means something else afterwards; that the plan agrees is for the caller to see.
 */
export function acceptDrift(request: AcceptRequest): Acceptance | NotAccepted {
  const { files, parse, plan, job } = request;
  const desired = plan.desired.jobs.find(({ name }) => name === job);
  const isKnown = desired ?? [...plan.changes, ...plan.withheld].find(({ name }) => name === job);
  if (isKnown === undefined) return noJob(request);
  const found = driftOf(request);
  if ('refusal' in found) return found;
  const { manifest } = parse(files);
  const written = manifest && desired && writtenJob(manifest, desired);
  if (!manifest || !desired || !written) return noJob(request);
  const why = whyNotHere(written, found.fields, plan);
  if (why !== null) return refuse(why);
  const edited = editedFile(request, desired, found.fields);
  if ('refusal' in edited) return edited;
  const next = files.map((file) =>
    file.path === edited.path ? { path: file.path, text: edited.after } : file,
  );
  const after = parse(next).manifest;
  const changed = after && changedJobs(manifest, after);
  if (changed?.join() !== String(written.index)) {
    return refuse(
      `${placeOf(desired)} cannot be edited without another job meaning something else too, say because of an anchor. Edit it by hand.`,
    );
  }
  return { rewritten: edited, files: next, fields: found.fields };
}

function noJob({ plan, job }: AcceptRequest): NotAccepted {
  const known = plan.desired.jobs.map(({ name }) => name);
  return refuse(`The manifest has no job "${job}" in ${plan.scope.name}.${suggestion(job, known)}`);
}

function refuse(refusal: string): NotAccepted {
  return { refusal };
}

/** The fields to take over, or why there are none that could be. */
function driftOf({
  plan,
  job,
  paths,
}: AcceptRequest): { readonly fields: readonly FieldDiff[] } | NotAccepted {
  const about = [...plan.changes, ...plan.withheld].filter(({ name }) => name === job);
  const moved = about.filter((one) => one.class === 'drift' || one.fields.some(isMoved));
  const whole = moved.map(whyWhole).find((why) => why !== null);
  if (whole !== undefined) return refuse(`Job "${job}" in ${plan.scope.name} ${whole}`);
  const drifted = moved.flatMap(({ fields }) => fields.filter(isMoved));
  const unknown = paths.filter((path) => !drifted.some((field) => field.path === path));
  if (drifted.length === 0)
    return refuse(`Job "${job}" in ${plan.scope.name} has not drifted, so there is nothing to accept.`);
  if (unknown.length > 0) {
    const known = drifted.map(({ path }) => path).join(', ');
    return refuse(
      `${unknown.join(', ')} of job "${job}" in ${plan.scope.name} has not drifted. What has: ${known}.`,
    );
  }
  const fields = paths.length === 0 ? drifted : drifted.filter(({ path }) => paths.includes(path));
  const why = fields.map(whyNotField).find((one) => one !== null);
  return why === undefined ? { fields } : refuse(why);
}

function isMoved(field: FieldDiff): boolean {
  return field.class === 'drift' || field.class === 'conflict';
}

/** Of what is no change of fields. */
function whyWhole({ action }: Change | Withheld): string | null {
  switch (action) {
    case 'create':
      return 'was deleted at Cloudflare. To accept that, take it out of the manifest.';
    case 'delete':
      return 'was made at Cloudflare. To accept it, take it into the manifest: "logpushd export" writes it.';
    case 'replace':
      return 'differs in what Cloudflare cannot change, so it is another job. Edit the manifest by hand.';
    case 'update':
    case 'adopt':
      return null;
  }
}

function whyNotField(field: FieldDiff): string | null {
  const { path, secret } = field;
  if (field.class === 'conflict') {
    return `The manifest and somebody at Cloudflare have both changed ${path}. Edit the manifest by hand to what you want.`;
  }
  if (secret || /^(?:destination_conf|ownership_challenge)\b/.test(path)) {
    return (
      `${path} may hold secrets, which are never written into a manifest. Edit the destination by hand, and put what ` +
      'is secret where its reference reads it; or accept the other fields alone with --field.'
    );
  }
  if (path === 'name')
    return 'The job was renamed. Rename it in the manifest by hand, with "id:" to keep it the same job.';
  return null;
}

interface WrittenJob {
  readonly entry: ScopeEntry;
  readonly template: JobTemplate;
  /** Among all jobs. */
  readonly index: number;
}

function writtenJob({ scopes }: Manifest, { origin }: DesiredJob): WrittenJob | undefined {
  const all = scopes.flatMap((entry) => entry.jobs.map((template) => ({ entry, template })));
  const index = all.findIndex(({ template: { place } }) => {
    const { file, line, column } = place.origin;
    return file === origin.file && line === origin.line && column === origin.column;
  });
  const one = all[index];
  return one && { ...one, index };
}

function whyNotHere(
  { entry, template }: WrittenJob,
  fields: readonly FieldDiff[],
  { scope }: Plan,
): string | null {
  if (entry.target.by === 'select') {
    return (
      `This job stands under "select" and is one of every zone that matches. To let ${scope.name} differ, give it an entry ` +
      `of its own ("zone: ${scope.name}") with a job of this name, and accept then.`
    );
  }
  const touchesOptions = fields.some(({ path }) => path.startsWith('output_options.'));
  if (
    touchesOptions &&
    typeof template.fields['logpull_options'] === 'string' &&
    !('output_options' in template.fields)
  ) {
    return 'This job still has logpull_options. Run "logpushd migrate" first.';
  }
  return null;
}

/** Edited one field after the other: the job begins where it began. */
function editedFile(
  { files }: AcceptRequest,
  desired: DesiredJob,
  fields: readonly FieldDiff[],
): Rewritten | NotAccepted {
  const { file: path } = desired.origin;
  const before = files.find((file) => file.path === path)?.text ?? '';
  let after = before;
  for (const field of fields) {
    const owner = new YamlText(after).mapAt(desired.origin);
    const edit: ReturnType<typeof valueSet> =
      owner === undefined
        ? { byHand: 'it is an alias' }
        : valueSet(after, owner, keysOf(field.path), valueOf(field));
    if ('byHand' in edit)
      return refuse(`${field.path} of ${placeOf(desired)} has to be edited by hand: ${edit.byHand}.`);
    after = editedText(after, [edit]);
  }
  return { path, before, after, edits: lineEdits(before, after) };
}

function placeOf({ name, origin: { file, line } }: DesiredJob): string {
  return `the job "${name}" at ${file}:${line}`;
}

function keysOf(path: string): readonly [string, ...string[]] {
  const [key = path, ...rest] = path.split('.');
  if (fieldOf(key) === undefined) return ['extra', path];
  return rest.length === 0 ? [key] : [key, rest.join('.')];
}

/** What nobody wrote is none; a job without "enabled" is disabled. */
function valueOf({ path, before }: FieldDiff): JsonValue {
  return path === 'enabled' ? before === true : asWritten(before);
}

/** What looks like a reference is none. */
function asWritten(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replaceAll('${', '$${');
  if (isList(value)) return value.map(asWritten);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asWritten(member)]));
}

/** The same plan with nothing but what somebody moved at Cloudflare; of these jobs and fields alone, where any are named. */
export function driftOnly(
  plan: Plan,
  { job = [], field = [] }: { readonly job?: readonly string[]; readonly field?: readonly string[] } = {},
): Plan {
  const isAsked = (one: FieldDiff): boolean =>
    isMoved(one) && (field.length === 0 || field.includes(one.path));
  const only = <One extends Change | Withheld>(one: One): One => ({
    ...one,
    fields: one.fields.filter(isAsked),
  });
  const hasDrift = (one: Change | Withheld): boolean =>
    (job.length === 0 || job.includes(one.name)) &&
    (one.fields.some(isAsked) || (field.length === 0 && (one.class === 'drift' || one.class === 'conflict')));
  return {
    ...plan,
    changes: plan.changes.filter(hasDrift).map(only),
    withheld: plan.withheld.filter(hasDrift).map(only),
    unmanaged: [],
    unverifiable: [],
    adoptable: [],
    strays: [],
  };
}
