import { isExpressibleOption } from '../../export/expressible.ts';
import { fromLogpull, isLogpullParameter, logpullParameters } from '../../job/output-options.ts';
import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import { suggestion } from '../nearest.ts';
import { isList, isObject, showableKey } from '../path.ts';
import { actionsIn, fieldsInTemplate, isAllowedAction } from '../record-template.ts';
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

/** Told by Cloudflare only in the files that arrive, as where a comma stands in place of an `&`. */
export function* unusualLogpull(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const { logpull_options: text } = layer.body;
    if (typeof text !== 'string' || text === '' || text.includes('${')) continue;
    const fault = logpullFault(text);
    if (fault === undefined) continue;
    const message = `${fault} Parameters are joined by "&", as in "fields=RayID,ClientIP&timestamps=rfc3339&sample=0.1".`;
    yield finding('unusual-option', placeIn(layer, 'logpull_options'), message);
  }
}

function logpullFault(text: string): string | undefined {
  for (const [name, value] of logpullParameters(text)) {
    if (name === '') continue;
    if (!isLogpullParameter(name))
      return `${quoted(name)} is no parameter of logpull_options: there are fields, timestamps, sample and CVE-2021-44228.`;
    const options = Object.entries(fromLogpull(`${name}=${encodeURIComponent(value)}`));
    if (options.some(([option, parsed]) => !isExpressibleOption(option, parsed)))
      return `${quoted(value)} is no value for ${quoted(name).slice(1, -1)}.`;
  }
  return undefined;
}

/** `cloudflare-api.md` §3.1: fields, constants and comments, nothing else of Go's templates. */
export function* templateAction(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const options = pieceAt(layer, 'output_options');
    const template = options?.body['record_template'];
    if (options === undefined || typeof template !== 'string') continue;
    const other = actionsIn(template).find((action) => !isAllowedAction(action));
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
    const pushed = new Set(names);
    const missing = fieldsInTemplate(template).find((field) => !pushed.has(field));
    if (missing === undefined) continue;
    const layer = layerWith(job, 'output_options')?.piece;
    const place = placeIn(layer ?? job, 'output_options');
    const message = `The template uses ${missing}, which field_names does not have: it would be null.${suggestion(missing, names.map(String))} Add it to field_names.`;
    yield finding('template-field', place, message);
  }
}
