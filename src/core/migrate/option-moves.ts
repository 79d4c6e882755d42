/** Which `logpull_options` of a manifest become `output_options`, which go, and which a person has to decide. */
import { isObject } from '../job/canonical-json.ts';
import type { JsonObject, JsonValue } from '../job/job.ts';
import type { Place } from '../manifest/finding.ts';
import type { Path } from '../manifest/path.ts';
import { isList } from '../manifest/path.ts';
import { everyJob, everyLayer } from '../manifest/rules/rule.ts';
import type { Piece, Written, WrittenJob } from '../manifest/written.ts';
import { placeIn } from '../manifest/written.ts';
import type { ByHand } from './entry-edit.ts';
import { equalOptions } from './equal-options.ts';

export const OLD_KEY = 'logpull_options';
export const NEW_KEY = 'output_options';

/** What is to be done with one `logpull_options`, wherever it is used. */
export type Move = { readonly place: Place; readonly id: SiteId } & (
  | { readonly kind: 'replace'; readonly options: JsonObject }
  /** It says that there are none, over a layer that has some. */
  | { readonly kind: 'clear' }
  /** Nothing of it counts. */
  | { readonly kind: 'remove' }
  | ({ readonly kind: 'leave' } & ByHand)
);

/** Where a key stands in the text: layers that share it through an anchor have one. */
export type SiteId = string;

type Vote = 'counts' | 'idle' | 'kept';

interface Site {
  readonly id: SiteId;
  readonly place: Place;
  readonly text: string;
  readonly votes: Set<Vote>;
  /** Options that layers below set, and that this one must take back. */
  readonly covered: Set<string>;
  /** Whether the same mapping has the new key too. */
  readonly hasBoth: boolean;
}

export function optionMoves(written: Written): readonly Move[] {
  const sites = new Map<SiteId, Site>();
  for (const layer of everyLayer(written)) {
    const site = siteIn(layer);
    if (site !== undefined && !sites.has(site.id)) sites.set(site.id, site);
  }
  for (const job of everyJob(written)) vote(job, sites);
  return [...sites.values()].flatMap(moveOf);
}

/** The sites of a job, as used to leave them all alone. */
export function sitesOf(job: WrittenJob): readonly SiteId[] {
  return job.layers.flatMap((layer) => siteIn(layer)?.id ?? []);
}

function siteIn(layer: Piece): Site | undefined {
  const value = layer.body[OLD_KEY];
  if (value === undefined || !(value === null || typeof value === 'string')) return undefined;
  const place = placeIn(layer, OLD_KEY, 'key');
  const { file, line, column } = place.origin;
  return {
    id: `${file}:${line}:${column}`,
    place: { ...place, path: shownPath(layer.path) },
    text: value?.trim() ?? '',
    votes: new Set(),
    covered: new Set(),
    hasBoth: Object.hasOwn(layer.body, NEW_KEY),
  };
}

function shownPath(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1);
}

function vote(job: WrittenJob, sites: ReadonlyMap<SiteId, Site>): void {
  const own = sitesOf(job).flatMap((id) => sites.get(id) ?? []);
  const isIdle = hasOptions(job.merged[NEW_KEY]);
  const keeps = ignoresOptions(job.merged['ignore']);
  const below = new Set<string>();
  for (const site of own) {
    site.votes.add(keeps ? 'kept' : isIdle ? 'idle' : 'counts');
    if (isIdle) continue;
    for (const name of below) site.covered.add(name);
    const equal = equalOptions(site.text);
    if ('options' in equal) for (const name of Object.keys(equal.options)) below.add(name);
  }
}

function moveOf(site: Site): readonly Move[] {
  const { id, place, text, votes, covered } = site;
  const leave = (byHand: string): readonly Move[] => [{ id, place, kind: 'leave', byHand }];
  if (text === '') return covered.size > 0 ? [{ id, place, kind: 'clear' }] : [];
  if (votes.has('kept')) return leave('a job that has it leaves its options to others, with "ignore"');
  if (votes.size > 1)
    return leave('some jobs that have it have output_options too, which win, and others have not');
  if (votes.has('idle')) return [{ id, place, kind: 'remove' }];
  if (site.hasBoth) return leave('output_options stands beside it already');
  const equal = equalOptions(text);
  if ('byHand' in equal) return leave(equal.byHand);
  const taken = [...covered].filter((name) => !(name in equal.options)).map((name) => [name, null] as const);
  return [{ id, place, kind: 'replace', options: { ...equal.options, ...Object.fromEntries(taken) } }];
}

function hasOptions(value: JsonValue | undefined): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}

function ignoresOptions(ignore: JsonValue | undefined): boolean {
  const paths = isList(ignore) ? ignore : [];
  return paths.some((path) => typeof path === 'string' && /^(?:logpull|output)_options(?:\.|$)/.test(path));
}
