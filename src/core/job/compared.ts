import type { Shown } from '../plan/change.ts';
import { Secret } from '../secret.ts';
import type { JsonValue } from './job.ts';

/** One managed value beside what the API shows of it. */
export interface Compared {
  readonly path: string;
  readonly equal: boolean;
  readonly secret: boolean;
  readonly before: Shown;
  readonly after: Shown;
  /** Depends on the manifest alone, so that it can be remembered and recognised. */
  readonly desiredText: string;
  /** Undefined: the API did not show it. */
  readonly liveText: string | undefined;
}

export type FieldValue = JsonValue | Secret | undefined;

export function plainValue(value: FieldValue): JsonValue | undefined {
  return value instanceof Secret ? value.reveal() : value;
}
