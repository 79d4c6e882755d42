import type { JsonObject } from '../job/job.ts';
import type { WrittenDestination } from './destination-of.ts';
import { Names, nameOf } from './names.ts';
import { escapedIn } from './secret-part.ts';

/** A job on its way into the manifest. */
export interface Draft {
  /** As in `example.com/http`, safe to print. */
  readonly label: string;
  readonly identity: JsonObject;
  readonly keys: JsonObject;
  readonly destination: WrittenDestination;
}

/** What several jobs have in common, said once under a name, so that a change of one is a change of all. */
export interface SharedParts {
  readonly destinations: JsonObject;
  readonly presets: JsonObject;
  /** The job in the words of the manifest, with the names of what it shares. */
  readonly written: (draft: Draft) => JsonObject;
}

export function sharedParts(drafts: readonly Draft[]): SharedParts {
  const destinations = new Shared(
    drafts.flatMap(({ destination }) =>
      destination.form === 'destination' ? [[destination.spec, destination.wishedName] as const] : [],
    ),
  );
  const presets = sharedPresets(drafts);
  return {
    destinations: destinations.byName,
    presets: presets.byName,
    written: ({ identity, keys, destination }) => {
      const preset = presets.nameFor(keys);
      const inPreset = preset === undefined ? {} : presets.partOf(keys);
      const own = Object.entries(keys).filter(([key]) => !(key in inPreset));
      const { dataset, kind, enabled, ...others } = Object.fromEntries(own);
      const start = Object.entries({ dataset, kind, enabled }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, escapedIn(value)] as const],
      );
      return {
        ...identity,
        ...(preset !== undefined && { preset }),
        ...Object.fromEntries(start),
        ...destinationKeys(destination, destinations),
        ...Object.fromEntries(Object.entries(others).map(([key, value]) => [key, escapedIn(value)])),
      };
    },
  };
}

function destinationKeys(destination: WrittenDestination, shared: Shared): JsonObject {
  if (destination.form === 'destination_conf') return { destination_conf: destination.text };
  return { destination: shared.nameOf(destination.spec) ?? destination.spec };
}

interface SharedPresets {
  readonly byName: JsonObject;
  readonly nameFor: (keys: JsonObject) => string | undefined;
  /** What the preset of a job says for it. */
  readonly partOf: (keys: JsonObject) => JsonObject;
}

/** All that two jobs say of their logs, or else their dataset and options; whether a job runs is its own affair. */
function sharedPresets(drafts: readonly Draft[]): SharedPresets {
  const names = new Names();
  const wholes = drafts.map(({ keys }) => wholeOf(keys));
  const whole = new Shared(worthSharing(wholes), names);
  const rest = drafts.filter(({ keys }) => whole.nameOf(wholeOf(keys)) === undefined);
  const options = new Shared(worthSharing(rest.map(({ keys }) => optionsOf(keys))), names);
  return {
    byName: Object.fromEntries(
      Object.entries({ ...whole.byName, ...options.byName }).map(([name, part]) => [name, escapedIn(part)]),
    ),
    nameFor: (keys) => whole.nameOf(wholeOf(keys)) ?? options.nameOf(optionsOf(keys)),
    partOf: (keys) => (whole.nameOf(wholeOf(keys)) === undefined ? optionsOf(keys) : wholeOf(keys)),
  };
}

function wholeOf({ enabled: _enabled, ...keys }: JsonObject): JsonObject {
  return keys;
}

function optionsOf({ dataset = null, output_options: options }: JsonObject): JsonObject {
  return options === undefined ? { dataset } : { dataset, output_options: options };
}

/** A preset that says no more than the dataset would make a manifest longer and no clearer. */
function worthSharing(parts: readonly JsonObject[]): readonly (readonly [JsonObject, string])[] {
  return parts
    .filter((part) => Object.keys(part).length > 1)
    .map((part) => [part, nameOf([textIn(part, 'dataset')])] as const);
}

function textIn(part: JsonObject, key: string): string {
  const value = part[key];
  return typeof value === 'string' ? value : '';
}

const LONGEST_NAME = 56;

/** Of many parts those that are there at least twice, by a name. */
class Shared {
  readonly byName: JsonObject;
  readonly #names = new Map<string, string>();

  constructor(parts: readonly (readonly [part: JsonObject, wishedName: string])[], names = new Names()) {
    const uses = Map.groupBy(parts, ([part]) => JSON.stringify(part));
    const byName: [name: string, part: JsonObject][] = [];
    for (const [key, [first, second]] of uses) {
      if (first === undefined || second === undefined) continue;
      const [part, wished] = first;
      const name = names.of(key, wished.slice(0, LONGEST_NAME).replace(/[.-]+$/, ''));
      this.#names.set(key, name);
      byName.push([name, part]);
    }
    this.byName = Object.fromEntries(byName);
  }

  /** Undefined for a part that only one job has. */
  nameOf(part: JsonObject): string | undefined {
    return this.#names.get(JSON.stringify(part));
  }
}
