import type { ErrorObject } from 'ajv';
import type { JsonValue } from '../job/job.ts';
import type { Path } from './path.ts';
import type { SchemaNode } from './schema-view.ts';

/** A violation of the schema: what, and at which path of the document. */
export interface Violation {
  readonly error: ErrorObject;
  /** The schema whose keyword is violated. */
  readonly schema: SchemaNode;
  readonly path: Path;
  readonly value: JsonValue | undefined;
}

/** The JSON type of a value; `null` for one that is not there. */
export function typeName(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
