import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import { suggestion } from '../nearest.ts';
import { isList, isObject, showableKey } from '../path.ts';
import type { SchemaView } from '../schema-view.ts';
import { quoted } from '../showing.ts';
import type { Written } from '../written.ts';
import { layerWith, placeIn } from '../written.ts';
import { everyJob, everyLayer, pieceAt } from './rule.ts';

/** Passed through all the same: Cloudflare adds options that this release cannot know. */
export function* unknownOption(written: Written, view: SchemaView): Iterable<Problem> {
  const known = view.keysOf(view.definition('output_options'));
  for (const layer of everyLayer(written)) {
    const options = pieceAt(layer, 'output_options');
    if (options === undefined) continue;
    for (const key of Object.keys(options.body).filter((one) => !known.includes(one))) {
      const shown = showableKey(key, options.path) ? quoted(key) : 'This';
      const guess = suggestion(key, known);
      const message = `${shown} is not an output option that this release knows.${guess} It is passed to Cloudflare as it stands.`;
      yield finding('unknown-option', placeIn(options, key, 'key'), message);
    }
  }
}

const FIELD = /^-?\s*\.([A-Za-z0-9_]+)\s*-?$/;
const CONSTANT = /^-?\s*("(?:[^"\\]|\\.)*"|`[^`]*`|\/\*.*\*\/)\s*-?$/s;

/** `cloudflare-api.md` §3.1: fields, constants and comments, nothing else of Go's templates. */
export function* templateAction(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const options = pieceAt(layer, 'output_options');
    const template = options?.body['record_template'];
    if (options === undefined || typeof template !== 'string') continue;
    const other = actionsOf(template).find((action) => !FIELD.test(action) && !CONSTANT.test(action));
    if (other === undefined) continue;
    const message = `Cloudflare knows {{.Field}}, {{"constant"}} and comments in a template, and {{${quoted(other).slice(1, -1)}}} is none of them.`;
    yield finding('template-action', placeIn(options, 'record_template'), message);
  }
}

/** A field that is not pushed is null in the template. */
export function* templateField(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const { output_options: options } = job.merged;
    if (!isObject(options)) continue;
    const { record_template: template, field_names: names } = options;
    if (typeof template !== 'string' || !isList(names)) continue;
    const fields = actionsOf(template).flatMap((action) => FIELD.exec(action)?.[1] ?? []);
    const pushed = new Set(names);
    const missing = fields.find((field) => !pushed.has(field));
    if (missing === undefined) continue;
    const layer = layerWith(job, 'output_options')?.piece;
    const place = placeIn(layer ?? job, 'output_options');
    const message = `The template uses ${missing}, which field_names does not have: it would be null.${suggestion(missing, names.map(String))} Add it to field_names.`;
    yield finding('template-field', place, message);
  }
}

/** By hand: a lazy pattern would look through the rest of the text for every "{{" that is not closed. */
function actionsOf(template: string): readonly string[] {
  const actions: string[] = [];
  let start = template.indexOf('{{');
  while (start !== -1) {
    const end = template.indexOf('}}', start + 2);
    if (end === -1) break;
    actions.push(template.slice(start + 2, end));
    start = template.indexOf('{{', end + 2);
  }
  return actions;
}
