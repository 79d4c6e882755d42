import type { JsonObject, JsonValue, LiveJob, Scope } from '../job/job.ts';
import { quoted } from '../manifest/showing.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import { type WrittenDestination, writtenDestination } from './destination-of.ts';
import { manifestText } from './document.ts';
import { jobIdentities } from './identity.ts';
import { writtenFields } from './job-of.ts';
import { Names } from './names.ts';
import { scopeEntry } from './scope-of.ts';
import { SecretBook, type ExportedSecret } from './secret-book.ts';
import { escapedIn } from './secret-part.ts';

export interface LiveScope {
  readonly scope: Scope;
  readonly live: readonly LiveJob[];
}

export interface Exported {
  /** YAML of manifest version 1. */
  readonly text: string;
  /** By name. Whoever uses the manifest has to provide them. */
  readonly secrets: readonly ExportedSecret[];
  /** What a person should know, each one sentence or two: what was left out, and why. */
  readonly notes: readonly string[];
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
  const book = new SecretBook();
  const notes: string[] = [];
  const drafts = scopes
    .toSorted(
      (a, b) =>
        compareText(a.scope.kind, b.scope.kind) ||
        compareText(a.scope.name, b.scope.name) ||
        compareText(a.scope.id, b.scope.id),
    )
    .map(({ scope, live }) => ({ scope, jobs: draftsOf(scope, live, book, notes) }));
  const kept = drafts.map(({ scope, jobs }) => ({
    scope,
    jobs: jobs.filter((job) => isClean(job, book, notes)),
  }));
  const shared = sharedDestinations(kept.flatMap(({ jobs }) => jobs));
  const entriesOf = (kind: Scope['kind']): readonly JsonValue[] =>
    kept
      .filter(({ scope }) => scope.kind === kind)
      .map(({ scope, jobs }) =>
        scopeEntry(
          scope,
          scopes.map((one) => one.scope),
          jobs.map((job) => writtenJob(job, shared)),
        ),
      );
  const sections = {
    destinations: Object.fromEntries(shared.byName),
    zones: entriesOf('zone'),
    accounts: entriesOf('account'),
  };
  const filled = Object.entries(sections).filter(([, section]) => Object.keys(section).length > 0);
  return {
    text: manifestText({ version: 1, ...Object.fromEntries(filled) }),
    secrets: book.list(),
    notes: [...notes, ...book.notes()],
  };
}

/** A job on its way into the manifest. */
interface Draft {
  /** As in `example.com/http`, safe to print. */
  readonly label: string;
  readonly identity: JsonObject;
  readonly keys: JsonObject;
  readonly destination: WrittenDestination;
}

function draftsOf(
  scope: Scope,
  live: readonly LiveJob[],
  book: SecretBook,
  notes: string[],
): readonly Draft[] {
  return jobIdentities(live).flatMap(({ job, identity, label: name, note }) => {
    const label = `${quoted(scope.name).slice(1, -1)}/${name}`;
    const skip = (why: string): readonly Draft[] => {
      notes.push(`Job ${job.id} (${label}) is left out, and so left alone: ${why}.`);
      return [];
    };
    const { keys, leftOut } = writtenFields(job);
    const conf = job.fields['destination_conf'];
    const text = conf instanceof Secret ? conf.reveal() : '';
    if (text.toLowerCase().startsWith('wss://') || job.fields['kind'] === 'instant-logs') {
      return skip('it is a session of Instant Logs, which ends by itself');
    }
    if (keys['dataset'] === undefined) return skip('Cloudflare does not say which dataset it is for');
    const destination = writtenDestination(text, label, book);
    if (destination === null) return skip('its destination is not one that a manifest can hold');
    if (note !== null) notes.push(`Job ${job.id} (${label}) ${note}`);
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

interface SharedDestinations {
  readonly byName: ReadonlyMap<string, JsonObject>;
  readonly nameOf: ReadonlyMap<string, string>;
}

const LONGEST_DESTINATION_NAME = 56;

/** Structured destinations that several jobs have get a name, so that a change of one is a change of all. */
function sharedDestinations(drafts: readonly Draft[]): SharedDestinations {
  const names = new Names();
  const uses = new Map<string, number>();
  const byName = new Map<string, JsonObject>();
  const nameOf = new Map<string, string>();
  for (const { destination } of drafts) {
    if (destination.form !== 'destination') continue;
    const key = JSON.stringify(destination.spec);
    uses.set(key, (uses.get(key) ?? 0) + 1);
    if (uses.get(key) !== 2) continue;
    const name = names.of(key, destination.wishedName.slice(0, LONGEST_DESTINATION_NAME));
    nameOf.set(key, name);
    byName.set(name, destination.spec);
  }
  return { byName, nameOf };
}

function writtenJob({ identity, keys, destination }: Draft, shared: SharedDestinations): JsonObject {
  const { dataset, kind, enabled, ...others } = keys;
  const start = Object.entries({ dataset, kind, enabled }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return {
    ...identity,
    ...Object.fromEntries(start.map(([key, value]) => [key, escapedIn(value)])),
    ...destinationKeys(destination, shared),
    ...Object.fromEntries(Object.entries(others).map(([key, value]) => [key, escapedIn(value)])),
  };
}

function destinationKeys(destination: WrittenDestination, { nameOf }: SharedDestinations): JsonObject {
  if (destination.form === 'destination_conf') return { destination_conf: destination.text };
  return { destination: nameOf.get(JSON.stringify(destination.spec)) ?? destination.spec };
}
