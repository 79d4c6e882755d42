import type { JsonValue } from '../job/job.ts';
import type { Path } from './path.ts';
import { isList, isObject, valueAt } from './path.ts';

export type SchemaNode = { readonly [key: string]: JsonValue };

/** Questions to the JSON Schema: it is the truth about which keys there are, so suggestions come from it. */
export class SchemaView {
  readonly #root: SchemaNode;

  constructor(schema: object) {
    if (!isObject(schema)) throw new TypeError('The manifest schema is not an object.');
    this.#root = schema;
  }

  definition(name: string): SchemaNode {
    return this.resolved(valueAt(this.#root, ['definitions', name]));
  }

  /** The schema itself, or the definition that it refers to. */
  resolved(node: unknown): SchemaNode {
    if (!isObject(node)) return {};
    const reference = node['$ref'];
    return typeof reference === 'string' ? this.definition(reference.replace('#/definitions/', '')) : node;
  }

  keysOf(node: SchemaNode): readonly string[] {
    const { properties } = node;
    return isObject(properties) ? Object.keys(properties) : [];
  }

  property(node: SchemaNode, key: string): SchemaNode {
    const { properties } = node;
    return this.resolved(isObject(properties) ? properties[key] : undefined);
  }

  /** JSON types that a schema accepts, through unions. */
  typesOf(node: SchemaNode): readonly string[] {
    const { type } = node;
    if (typeof type === 'string') return [type];
    if (isList(type)) return type.map(String);
    return this.branchesOf(node).flatMap((branch) => this.typesOf(branch));
  }

  branchesOf(node: SchemaNode): readonly SchemaNode[] {
    const { oneOf } = node;
    return isList(oneOf) ? oneOf.map((branch) => this.resolved(branch)) : [];
  }
}

/** A JSON pointer into a value: a step into a list becomes a number. */
export function pathInto(root: JsonValue, pointer: string): Path {
  const path: (string | number)[] = [];
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(isList(valueAt(root, path)) ? Number(key) : key);
  }
  return path;
}

/** The same schema with each definition in the place of the references to it, but for one within itself. */
export function inlinedSchema(schema: object): object {
  const root = new SchemaView(schema);
  const done = new Map<string, JsonValue>();
  const open = new Set<string>();
  const inlined = (node: JsonValue): JsonValue => {
    if (isList(node)) return node.map(inlined);
    if (!isObject(node)) return node;
    const { $ref: reference } = node;
    if (typeof reference !== 'string' || open.has(reference)) {
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inlined(value)]));
    }
    const known = done.get(reference);
    if (known !== undefined) return known;
    open.add(reference);
    const definition = inlined(root.resolved(node));
    open.delete(reference);
    done.set(reference, definition);
    return definition;
  };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(value)]));
}
