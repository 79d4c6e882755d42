import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import type { JsonValue } from '../job/job.ts';
import type { Problem } from '../problem.ts';
import type { ManifestDocument } from './document.ts';
import type { ProblemCode } from './finding.ts';
import { finding } from './finding.ts';
import { nearest } from './nearest.ts';
import type { Path } from './path.ts';
import { isList, isObject, valueAt } from './path.ts';
import type { SchemaNode } from './schema-view.ts';
import { inlinedSchema, pathInto, SchemaView } from './schema-view.ts';
import { shapeMessage } from './shape-message.ts';
import type { Violation } from './violation.ts';
import { typeName } from './violation.ts';

const CODES: { readonly [keyword: string]: ProblemCode } = {
  additionalProperties: 'unknown-key',
  const: 'not-allowed-value',
  discriminator: 'not-allowed-value',
  enum: 'not-allowed-value',
  maxLength: 'too-long',
  maximum: 'out-of-range',
  minItems: 'too-short',
  minLength: 'too-short',
  minimum: 'out-of-range',
  oneOf: 'wrong-type',
  propertyNames: 'bad-name',
  required: 'missing-key',
  type: 'wrong-type',
  uniqueItems: 'duplicate-item',
};

export type ShapeCheck = (document: ManifestDocument) => readonly Problem[];

/** Checks documents against the JSON Schema, and says what is wrong in our own words. */
export function createShapeCheck(schema: object, view: SchemaView): ShapeCheck {
  const usual = validatorOf(schema, view);
  let forMany: Validator | undefined;
  return (document) => {
    if (entriesIn(document.root) <= MOST_ENTRIES) return shapeProblems(document, usual);
    forMany ??= withoutReferences(schema);
    return shapeProblems(document, forMany);
  };
}

/**
 * For more entries than this the schema is compiled once more without references: Ajv copies all errors found so
 * far for every list item that is checked by reference, so that 60,000 wrong ones would take minutes.
 */
const MOST_ENTRIES = 1_000;

function entriesIn(root: JsonValue): number {
  if (!isObject(root)) return 0;
  const sections = Object.values(root).filter((section) => typeof section === 'object' && section !== null);
  const scopes = sections.flatMap((section) => (isList(section) ? section : []));
  const jobs = scopes.map((scope) => (isObject(scope) && isList(scope['jobs']) ? scope['jobs'].length : 0));
  return [...sections.map((section) => Object.keys(section).length), ...jobs].reduce((a, b) => a + b, 0);
}

interface Validator {
  readonly validate: ValidateFunction;
  readonly view: SchemaView;
}

function validatorOf(schema: object, view: SchemaView): Validator {
  const ajv = new Ajv({
    allErrors: true,
    allowUnionTypes: true,
    discriminator: true,
    ownProperties: true,
    strict: true,
    strictRequired: false,
    messages: false,
    // Gives the schema with each error. It also gives the value, which may be a secret: errors stay in here.
    verbose: true,
  });
  return { validate: ajv.compile(schema), view };
}

function withoutReferences(schema: object): Validator {
  const inlined = inlinedSchema(schema);
  return validatorOf(inlined, new SchemaView(inlined));
}

function shapeProblems(document: ManifestDocument, { validate, view }: Validator): readonly Problem[] {
  if (validate(document.root)) return [];
  const violations = (validate.errors ?? []).map((error): Violation => {
    const path = pathInto(document.root, error.instancePath);
    const schema = view.resolved(error.parentSchema);
    return { error, schema, path, value: valueAt(document.root, path) };
  });
  return withoutNoise(violations, view).map((violation) => problemOf(violation, document, view));
}

function problemOf(violation: Violation, document: ManifestDocument, view: SchemaView): Problem {
  const { error, path } = violation;
  const code = CODES[error.keyword] ?? 'not-allowed-value';
  const at = [...path, ...stepOf(error)];
  const place = document.placeOf(at, code === 'unknown-key' || code === 'bad-name' ? 'key' : 'value');
  return finding(code, place, shapeMessage(violation, view));
}

/** The step from the value that is wrong to the key or item that makes it wrong. */
function stepOf({ keyword, params }: ErrorObject): Path {
  const key: unknown = params['additionalProperty'] ?? params['propertyName'];
  if (typeof key === 'string') return [key];
  if (keyword === 'discriminator') return ['type'];
  return keyword === 'uniqueItems' ? [Math.max(Number(params['i']), Number(params['j']))] : [];
}

/**
 * What a person would say once. A union reports the errors of all its branches: only those of the branch that
 * has the value's type are kept. A wrong type makes the check of its content pointless.
 */
function withoutNoise(violations: readonly Violation[], view: SchemaView): readonly Violation[] {
  const unions = violations.filter(({ error }) => error.keyword === 'oneOf');
  const otherBranches = branchesOfOtherTypes(unions, view);
  const relevant = violations.filter(
    ({ error, schema }) => !otherBranches.get(schema)?.has(error.instancePath),
  );
  const wrongType = new Set(
    relevant.filter(({ error }) => error.keyword === 'type').map(({ error }) => error.instancePath),
  );
  const misspelt = misspeltKeys(violations, view);
  return relevant.filter((violation) => {
    const { keyword, instancePath, propertyName } = violation.error;
    if (propertyName !== undefined) return keyword === 'propertyNames';
    // A missing tag is reported by `required`.
    if (keyword === 'discriminator') return isObject(violation.value) && 'type' in violation.value;
    if (keyword === 'oneOf') return !accepts(view.typesOf(violation.schema), violation.value);
    if (keyword === 'required') return !misspelt.has(requiredKey(violation.error));
    return !((keyword === 'enum' || keyword === 'const') && wrongType.has(instancePath));
  });
}

/** Where an unknown key is likely meant to be a certain known one: that one is not missing then. */
function misspeltKeys(violations: readonly Violation[], view: SchemaView): ReadonlySet<string> {
  const unknown = violations.filter(({ error }) => error.keyword === 'additionalProperties');
  return new Set(
    unknown.map(({ error, schema }) => {
      const meant = nearest(String(error.params['additionalProperty']), view.keysOf(schema));
      return `${error.instancePath}/${meant}`;
    }),
  );
}

function requiredKey({ instancePath, params }: ErrorObject): string {
  return `${instancePath}/${String(params['missingProperty'])}`;
}

/** Schemas of the union branches that are not for the type of the value, and at which values. */
function branchesOfOtherTypes(
  unions: readonly Violation[],
  view: SchemaView,
): ReadonlyMap<SchemaNode, ReadonlySet<string>> {
  const found = new Map<SchemaNode, Set<string>>();
  for (const { error, schema, value } of unions) {
    for (const branch of view.branchesOf(schema)) {
      if (accepts(view.typesOf(branch), value)) continue;
      const places = found.get(branch) ?? new Set();
      found.set(branch, places.add(error.instancePath));
    }
  }
  return found;
}

function accepts(types: readonly string[], value: JsonValue | undefined): boolean {
  return types.includes(typeName(value)) || (types.includes('integer') && Number.isInteger(value));
}
