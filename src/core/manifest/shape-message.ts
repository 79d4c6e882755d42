import type { JsonValue } from '../job/job.ts';
import { nearest, suggestion } from './nearest.ts';
import type { Path } from './path.ts';
import { isList, isObject, looksRandom, mayBeSecret, showableKey } from './path.ts';
import type { SchemaNode, SchemaView } from './schema-view.ts';
import type { Violation } from './violation.ts';
import { typeName } from './violation.ts';
import { isWord, listed, quoted } from './showing.ts';

/** One sentence on what is wrong, with the value where it may be shown, then what to do. */
export function shapeMessage(violation: Violation, view: SchemaView): string {
  const { error, schema, path, value } = violation;
  const { params } = error;
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(String(params['additionalProperty']), path, schema, view);
    case 'required':
      return missingKey(String(params['missingProperty']), schema, view);
    case 'type':
    case 'oneOf':
      return wrongType(view.typesOf(schema), value, path);
    case 'discriminator':
      return unknownTag(value, schema, view);
    case 'enum':
    case 'const':
      return notAllowed(allowedValues(params), value, path) + newerVersion(value, path);
    case 'propertyNames':
      return 'A name here has 1 to 64 letters, digits, ".", "_" or "-", and starts with a letter or digit.';
    case 'uniqueItems':
      return 'This item is already in the list. Keep one of the two.';
    case 'minLength':
    case 'minItems':
      return typeof value === 'string'
        ? 'This text is empty. Give it a value, or leave the key out.'
        : 'This list is empty. Give it an item, or leave the key out.';
    case 'maxLength':
      return `This text has ${typeof value === 'string' ? value.length : 0} characters; Cloudflare takes at most ${String(params['limit'])}.`;
    case 'pattern':
      return wrongForm(schema);
    case 'minimum':
      return `${JSON.stringify(value)} is too small: the smallest value is ${String(params['limit'])}.`;
    default:
      return 'This value does not fit. See docs/manifest.md for what the key takes.';
  }
}

/** Keys that only Cloudflare writes, and keys that stand in another place, with what to say about them. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...['last_complete', 'last_error', 'error_message', 'time_created'].map(
    (key) => [key, 'Only Cloudflare writes this key. Remove it.'] as const,
  ),
  ['filters', 'Did you mean "filter"?'],
]);

function unknownKey(key: string, parent: Path, schema: SchemaNode, view: SchemaView): string {
  const known = view.keysOf(schema);
  const shown = showableKey(key, parent)
    ? `Unknown key ${quoted(key)}.`
    : 'Unknown key (not shown, it may be a secret).';
  if (known.includes('dataset') && ELSEWHERE.has(key)) return `${shown} ${ELSEWHERE.get(key)}`;
  const near = nearest(key, known);
  if (near !== undefined) return `${shown} Did you mean "${near}"?`;
  if (view.keysOf(view.definition('output_options')).includes(key))
    return `${shown} It belongs into output_options.`;
  if (view.keysOf(view.definition('job')).includes(key)) return `${shown} It belongs to a job.`;
  const elsewhere = destinationTypesWith(key, schema, view);
  if (elsewhere.length > 0) return `${shown} It belongs to a destination of type ${listed(elsewhere)}.`;
  const newer = known.includes('extra') ? ' One that is newer than this release stands below "extra".' : '';
  return `${shown} Keys here are: ${listed(known)}.${newer}`;
}

/** Where the schema is that of one type of destination: the other types that have this key. */
function destinationTypesWith(key: string, schema: SchemaNode, view: SchemaView): readonly string[] {
  const types = view.branchesOf(view.definition('destination_object'));
  if (!types.includes(schema)) return [];
  return types
    .filter((one) => view.keysOf(one).includes(key))
    .map((one) => constOf(view.property(one, 'type')));
}

function missingKey(key: string, schema: SchemaNode, view: SchemaView): string {
  const [branch] = view.branchesOf(schema);
  const { description, examples } = view.property(branch ?? schema, key);
  const [example] = isList(examples) ? examples : [];
  const remedy = typeof example === 'object' ? `Add ${key}.` : `Add it, as in "${key}: ${String(example)}".`;
  const [meaning] = typeof description === 'string' && branch === undefined ? description.split('. ') : [];
  return `The key "${key}" is missing. ${meaning === undefined ? '' : `${meaning.replace(/\.$/, '')}. `}${remedy}`;
}

function wrongForm({ description, examples }: SchemaNode): string {
  const written = isList(examples) ? examples.filter((example) => typeof example === 'string') : [];
  const meaning = typeof description === 'string' ? ` ${description}` : '';
  return `This text does not have the form of what is expected here.${meaning} Write it as in ${written.map(quoted).join(' or ')}.`;
}

const TYPE_NAMES: { readonly [type: string]: string } = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'a mapping',
  string: 'text',
};

function wrongType(types: readonly string[], value: JsonValue | undefined, path: Path): string {
  const expected = types.map((type) => TYPE_NAMES[type] ?? type);
  const last = expected.pop() ?? '';
  const wanted = expected.length === 0 ? last : `${expected.join(', ')} or ${last}`;
  return `Expected ${wanted}, got ${described(value, path)}.${typeRemedy(types, value, path)}`;
}

function described(value: JsonValue | undefined, path: Path): string {
  const type = typeName(value);
  if (type === 'null') return 'nothing (null)';
  if (type === 'array' || type === 'object') return TYPE_NAMES[type] ?? type;
  const shown = shownScalar(value, path);
  if (typeof value === 'string') return shown === undefined ? 'text (not shown)' : `the text ${shown}`;
  return shown ?? `a ${type} (not shown)`;
}

/** Undefined for what may be a secret, in its own place or because a colon or quote is missing. */
function shownScalar(value: JsonValue | undefined, path: Path): string | undefined {
  if (mayBeSecret(path)) return undefined;
  if (typeof value === 'string') return isWord(value) && !looksRandom(value) ? quoted(value) : undefined;
  return JSON.stringify(value);
}

function textRemedy(wants: (type: string) => boolean, text: string): string {
  if (wants('boolean')) return ' Write true or false, without quotes.';
  if ((wants('integer') || wants('number')) && /^-?[0-9.]+$/.test(text)) return ' Remove the quotes.';
  return wants('array') ? ' Write a list, as in [a, b].' : '';
}

function listRemedy(path: Path): string {
  const example = path.length === 1 ? LISTS.get(String(path[0])) : undefined;
  return ` Start each item with "- "${example === undefined ? '' : `, as in "${example}"`}.`;
}

const LISTS: ReadonlyMap<string, string> = new Map([
  ['zones', '- zone: example.com'],
  ['accounts', '- account: 0123456789abcdef0123456789abcdef'],
]);

function typeRemedy(types: readonly string[], value: JsonValue | undefined, path: Path): string {
  const wants = (type: string): boolean => types.includes(type);
  if (value === null || value === undefined) {
    if (wants('array')) return ' Write [] for an empty list.';
    return ' Give the key a value, or leave it out.';
  }
  if (wants('string') && (typeof value === 'number' || typeof value === 'boolean')) {
    return mayBeSecret(path) ? ' Put it in quotes.' : ` Put it in quotes: "${String(value)}".`;
  }
  if (wants('string') && isObject(value)) return ' Put text that starts with "{" in quotes.';
  if (path.length === 0) return ' A manifest is YAML that starts with "version: 1".';
  if (typeof value === 'string') return textRemedy(wants, value);
  if (wants('array') && isObject(value)) return listRemedy(path);
  if (path.at(-1) === 'where' && isList(value)) return ' Put the list below "and" or "or".';
  return '';
}

function unknownTag(value: JsonValue | undefined, schema: SchemaNode, view: SchemaView): string {
  const branches = view.branchesOf(schema);
  const known = branches.map((branch) => constOf(view.property(branch, 'type')));
  const written = isObject(value) ? value['type'] : undefined;
  const isName = typeof written === 'string' && /^[a-z0-9_-]{1,16}$/.test(written);
  const got = isName ? `"${written}" is not` : 'This is not';
  const guess = isName ? suggestion(written, known) : '';
  return `${got} a destination type that can be written with keys: ${listed(known)}.${guess} Write any other as destination_conf.`;
}

function constOf(schema: SchemaNode): string {
  return typeof schema['const'] === 'string' ? schema['const'] : '';
}

function allowedValues(params: { readonly [key: string]: unknown }): readonly unknown[] {
  const { allowedValues: allowed, allowedValue } = params;
  return Array.isArray(allowed) ? allowed : [allowedValue];
}

function newerVersion(value: JsonValue | undefined, path: Path): string {
  const isNewer = path.length === 1 && path[0] === 'version' && typeof value === 'number' && value > 1;
  return isNewer ? ' A manifest of a later version needs a newer logpushd.' : '';
}

function notAllowed(allowed: readonly unknown[], value: JsonValue | undefined, path: Path): string {
  const words = allowed.filter((word) => typeof word === 'string' && word !== '').map(String);
  const got = shownScalar(value, path) ?? 'This value';
  const guess = typeof value === 'string' ? suggestion(value, words) : '';
  const all = allowed.map((word) => (word === '' ? '""' : String(word)));
  const orList = path.at(-1) === 'field_names' ? ' Names go into a list, as in [ClientIP, RayID].' : '';
  return `${got} is not allowed.${guess} Allowed: ${listed(all)}.${orList}`;
}
