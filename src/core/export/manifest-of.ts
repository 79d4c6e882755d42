import { type JsonObject, type JsonValue, type LiveJob, type Scope, scopeKey } from '../job/job.ts';
import { quoted } from '../manifest/showing.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import type { LiveTransformer } from '../transformer/transformer.ts';
import { writtenDestination } from './destination-of.ts';
import { manifestText } from './document.ts';
import { jobIdentities } from './identity.ts';
import { writtenFields } from './job-of.ts';
import { nameOf, Names } from './names.ts';
import { scopeEntry } from './scope-of.ts';
import { SecretBook, type ExportedSecret } from './secret-book.ts';
import { type Draft, sharedParts } from './shared-parts.ts';
import { withTransformerName, writtenTransformers } from './transformers-of.ts';

export interface LiveScope {
  readonly scope: Scope;
  readonly live: readonly LiveJob[];
  /** Of an account, where they were read. */
  readonly transformers?: readonly LiveTransformer[];
}

export interface ExportNotes {
  /** By name. Whoever uses the manifest has to provide them. */
  readonly secrets: readonly ExportedSecret[];
  /** What a person should know, each one sentence or two: what was left out, and why. */
  readonly notes: readonly string[];
}

export interface Exported extends ExportNotes {
  /** YAML of manifest version 1. */
  readonly text: string;
}

export interface ExportedFolder extends ExportNotes {
  /** One for each zone and account, and one for what they share; paths with `/`, relative to the folder. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/**
 * Live jobs as a manifest whose plan is empty and that holds no secret: each part of a destination that is or may
 * be a credential is a `${secret:NAME}` reference.
 *
 * Only what Cloudflare returned is written, and "none" is not. What a manifest cannot say (a key newer than this
 * release, a value out of bounds) is left out with a note, and so left alone. The result does not depend on the
 * order of scopes and jobs.
 */
export function exportManifest(scopes: readonly LiveScope[]): Exported {
  const { shared, entries, ...told } = contentsOf(scopes);
  const entriesOf = (kind: Scope['kind']): readonly JsonValue[] =>
    entries.filter(({ scope }) => scope.kind === kind).map(({ entry }) => entry);
  const sections = { ...shared, zones: entriesOf('zone'), accounts: entriesOf('account') };
  return { text: manifestText({ version: 1, ...filled(sections) }), ...told };
}

/** The same as several files, for whoever reviews the changes of a zone by themselves. */
export function exportFolder(scopes: readonly LiveScope[]): ExportedFolder {
  const { shared, entries, ...told } = contentsOf(scopes);
  const names = new Names();
  const files = entries.map(({ scope, entry }) => {
    const folder = `${scope.kind}s`;
    const path = `${folder}/${names.of(scopeKey(scope), nameOf([scope.name]))}.yaml`;
    return { path, text: manifestText({ version: 1, [folder]: [entry] }) };
  });
  const common = filled(shared);
  if (Object.keys(common).length === 0) return { files, ...told };
  return {
    files: [{ path: 'shared.yaml', text: manifestText({ version: 1, ...common }) }, ...files],
    ...told,
  };
}

interface Contents extends ExportNotes {
  readonly shared: { readonly destinations: JsonObject; readonly presets: JsonObject };
  readonly entries: readonly { readonly scope: Scope; readonly entry: JsonObject }[];
}

function contentsOf(scopes: readonly LiveScope[]): Contents {
  const book = new SecretBook();
  const notes: string[] = [];
  const transformers = scopes.flatMap((one) => one.transformers ?? []);
  const drafts = scopes
    .toSorted(
      (a, b) =>
        compareText(a.scope.kind, b.scope.kind) ||
        compareText(a.scope.name, b.scope.name) ||
        compareText(a.scope.id, b.scope.id),
    )
    .map(({ scope, live, transformers: own = [] }) => ({
      scope,
      own,
      jobs: draftsOf(scope, live, { book, notes, transformers }),
    }));
  const kept = drafts.map(({ scope, own, jobs }) => ({
    scope,
    own,
    jobs: jobs.filter((job) => isClean(job, book, notes)),
  }));
  const { destinations, presets, written } = sharedParts(kept.flatMap(({ jobs }) => jobs));
  const all = scopes.map((one) => one.scope);
  return {
    shared: { destinations, presets },
    entries: kept.map(({ scope, own, jobs }) => ({
      scope,
      entry: { ...scopeEntry(scope, all, jobs.map(written)), ...transformersKey(own) },
    })),
    secrets: book.list(),
    notes: [...notes, ...book.notes()],
  };
}

function filled(sections: { readonly [key: string]: JsonValue | readonly JsonValue[] }): JsonObject {
  return Object.fromEntries(
    Object.entries(sections).filter(([, section]) => Object.keys(section ?? {}).length > 0),
  );
}

function transformersKey(transformers: readonly LiveTransformer[]): JsonObject {
  const written = writtenTransformers(transformers);
  return written.length === 0 ? {} : { transformers: written };
}

interface Drafting {
  readonly book: SecretBook;
  readonly notes: string[];
  readonly transformers: readonly LiveTransformer[];
}

function draftsOf(
  scope: Scope,
  live: readonly LiveJob[],
  { book, notes, transformers }: Drafting,
): readonly Draft[] {
  return jobIdentities(live).flatMap(({ job, identity, label: name, note }) => {
    const label = `${quoted(scope.name).slice(1, -1)}/${name}`;
    const skip = (why: string): readonly Draft[] => {
      notes.push(`Job ${job.id} (${label}) is left out, and so left alone: ${why}.`);
      return [];
    };
    const { keys: fields, leftOut } = writtenFields(job);
    const keys = withTransformerName(fields, scope, job, transformers);
    const conf = job.fields['destination_conf'];
    const text = conf instanceof Secret ? conf.reveal() : '';
    // Not by its kind: jobs of years ago have that of a session and push like any other (`cloudflare-api.md` §1.2).
    if (text.toLowerCase().startsWith('wss://')) {
      return skip('it is a session of Instant Logs, which ends by itself');
    }
    if (keys['dataset'] === undefined) return skip('Cloudflare does not say which dataset it is for');
    const destination = writtenDestination(text, label, book);
    if (destination.form === 'none') return skip(destination.why);
    if (note !== null) notes.push(`Job ${job.id} (${label}) ${note}`);
    else if (job.marked === false)
      notes.push(
        `Job ${job.id} (${label}) lacks the suffix of ownership.name_suffix: "logpushd apply" would take it over and rename it, ` +
          'if the setting adopt allows it. Leave it out if it is somebody else’s.',
      );
    if (leftOut.length > 0) {
      const names = leftOut.map((key) => quoted(key)).join(', ');
      notes.push(
        `Of job ${job.id} (${label}) this is left out, and so left alone, because a manifest of this release cannot say it: ${names}.`,
      );
    }
    return [{ label, identity, keys, destination }];
  });
}

/** Last line of defence: nobody puts a key into a path or a filter, until somebody does. */
function isClean({ label, identity, keys, destination }: Draft, book: SecretBook, notes: string[]): boolean {
  if (!book.occursIn(JSON.stringify([identity, keys, destination]))) return true;
  notes.push(
    `Job ${label} is left out, and so left alone: it repeats a secret outside of the places for secrets.`,
  );
  return false;
}
