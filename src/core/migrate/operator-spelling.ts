/** Operators of filters that are spelled as in other languages, or in older documentation of Cloudflare. */
import { isObject } from '../job/canonical-json.ts';
import type { JsonValue } from '../job/job.ts';
import { operatorMeant } from '../manifest/filter-faults.ts';
import type { ManifestDocument } from '../manifest/document.ts';
import type { Place } from '../manifest/finding.ts';
import type { Path } from '../manifest/path.ts';
import { isList } from '../manifest/path.ts';
import { everyLayer } from '../manifest/rules/rule.ts';
import type { Written } from '../manifest/written.ts';
import type { TextEdit } from './text-edit.ts';
import { endOf, startOf, type YamlText } from './yaml-text.ts';

export interface Respelling {
  readonly place: Place;
  readonly edits: readonly TextEdit[];
}

/** Cloudflare refuses each of them, so whoever wrote it can have meant but one thing. */
export function operatorRespellings(
  written: Written,
  yamlOf: (file: string) => YamlText,
): readonly Respelling[] {
  const found = [...everyLayer(written)].flatMap(({ document, path, body }) => {
    const { filter } = body;
    const yaml = yamlOf(document.file);
    if (typeof filter === 'string') return inText(document, [...path, 'filter'], yaml);
    return operatorsIn(filter ?? null, [...path, 'filter']).flatMap((at) => inNode(document, at, yaml));
  });
  // An anchor gives several layers one filter.
  const key = ({ place: { origin } }: Respelling): string => `${origin.file}:${origin.line}:${origin.column}`;
  return [...new Map(found.map((one) => [key(one), one])).values()];
}

function operatorsIn(value: JsonValue, path: Path): readonly Path[] {
  if (isList(value)) return value.flatMap((item, index) => operatorsIn(item, [...path, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (key === 'operator' && typeof member === 'string') {
      return operatorMeant(member) === undefined ? [] : [[...path, key]];
    }
    return key === 'value' ? [] : operatorsIn(member, [...path, key]);
  });
}

function inNode(document: ManifestDocument, path: Path, yaml: YamlText): readonly Respelling[] {
  const place = document.placeOf(path);
  const scalar = yaml.scalarAt(place.origin);
  const meant = typeof scalar?.value === 'string' ? operatorMeant(scalar.value) : undefined;
  if (scalar === undefined || meant === undefined) return [];
  return [{ place, edits: [{ start: startOf(scalar), end: endOf(scalar), text: quotedOperator(meant) }] }];
}

/** `!` at the beginning of a plain text is a tag. */
function quotedOperator(operator: string): string {
  return operator.startsWith('!') ? `'${operator}'` : operator;
}

/** `"operator":"neq"` in JSON text; within double quotes of YAML each quote of it has a backslash. */
const IN_JSON = /(\\?"operator\\?"\s*:\s*\\?")([^"\\]+)(?=\\?")/g;

function inText(document: ManifestDocument, path: Path, yaml: YamlText): readonly Respelling[] {
  const place = document.placeOf(path);
  const scalar = yaml.scalarAt(place.origin);
  if (scalar === undefined) return [];
  const start = startOf(scalar);
  const edits = [...yaml.text.slice(start, endOf(scalar)).matchAll(IN_JSON)].flatMap((match) => {
    const [, before = '', operator = ''] = match;
    const meant = operatorMeant(operator);
    const at = start + match.index + before.length;
    return meant === undefined ? [] : [{ start: at, end: at + operator.length, text: meant }];
  });
  return edits.length === 0 ? [] : [{ place, edits }];
}
