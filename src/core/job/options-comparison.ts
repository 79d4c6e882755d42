import { canonicalJson, isObject } from './canonical-json.ts';
import { plainValue, type Compared } from './compared.ts';
import type { JobFields, JsonObject } from './job.ts';
import { optionOf, OUTPUT_OPTIONS } from './option-table.ts';
import {
  canonicalLogpull,
  canonicalOption,
  decidingOptions,
  fromLogpull,
  isOrdered,
  logpullOf,
  optionsOf,
  outputTypeOf,
  withoutTypeDefaults,
} from './output-options.ts';

/** Each option of the manifest as `output_options.<name>`, or `output_options` where the manifest wants none. */
export function compareOptions(desired: JobFields, live: JobFields): readonly Compared[] {
  const wanted = plainValue(desired['output_options']) ?? null;
  if (isObject(wanted))
    return optionNames(wanted).map((name) => compareOption(name, wanted, decidingOptions(live)));
  // A manifest that says "none" beside logpull_options says what those mean; they are compared instead.
  if (logpullOf(desired) !== '') return [];
  return [compareNoOptions(live)];
}

function optionNames(options: JsonObject): readonly string[] {
  const known = OUTPUT_OPTIONS.map(({ name }) => name).filter((name) => name in options);
  const others = Object.keys(options).filter((name) => optionOf(name) === undefined);
  return [...known, ...others.toSorted()];
}

function compareOption(name: string, desired: JsonObject, live: JsonObject): Compared {
  const wanted = desired[name] ?? null;
  const found = live[name];
  const ownType = outputTypeOf(desired);
  // What is the default of the live type follows the type, so it counts as it will be once that is as wanted.
  const type = ownType ?? outputTypeOf(live) ?? 'ndjson';
  const template = 'record_template' in desired ? desired['record_template'] : live['record_template'];
  const ordered = isOrdered(type, template);
  const ownOrder = isOrdered(ownType ?? 'ndjson', desired['record_template']);
  const liveText = canonicalOption(name, found, { type, ordered });
  const followingText = canonicalOption(name, withoutTypeDefaults(live)[name], { type, ordered });
  const wantedText = canonicalOption(name, wanted, { type, ordered });
  return {
    path: `output_options.${name}`,
    equal: wantedText === liveText || wantedText === followingText,
    secret: false,
    before: found ?? null,
    after: wanted,
    desiredText: canonicalOption(name, wanted, { type: ownType, ordered: ownOrder }),
    liveText: found === undefined ? undefined : liveText,
  };
}

function compareNoOptions(live: JobFields): Compared {
  const found = optionsOf(live);
  const terms = { type: 'ndjson', ordered: false } as const;
  const isPlain = OUTPUT_OPTIONS.every(
    ({ name }) => canonicalOption(name, found?.[name], terms) === canonicalOption(name, null, terms),
  );
  return {
    path: 'output_options',
    equal: isPlain,
    secret: false,
    before: found,
    after: null,
    desiredText: 'null',
    liveText: isPlain ? 'null' : canonicalJson(found),
  };
}

/** As the `output_options` that mean the same: Cloudflare may hold either. */
export function compareLogpull(desired: JobFields, live: JobFields): readonly Compared[] {
  const wanted = logpullOf(desired);
  const found = logpullOf(live);
  const foundOptions = optionsOf(live);
  const shared = { path: 'logpull_options', secret: false, after: wanted === '' ? null : wanted };
  if (wanted === '') {
    const liveText = found === '' ? '' : canonicalLogpull(fromLogpull(found));
    return [
      { ...shared, equal: found === '', before: found === '' ? null : found, desiredText: '', liveText },
    ];
  }
  // Cloudflare lets output_options win, so what stands beside them has no meaning.
  if (optionsOf(desired) !== null) return [];
  const desiredText = canonicalLogpull(fromLogpull(wanted));
  const liveText = canonicalLogpull(decidingOptions(live));
  const isShown = foundOptions !== null || 'logpull_options' in live;
  return [
    {
      ...shared,
      equal: desiredText === liveText,
      before: foundOptions ?? (found === '' ? null : found),
      desiredText,
      liveText: isShown ? liveText : undefined,
    },
  ];
}
