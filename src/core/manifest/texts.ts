import type { JsonValue } from '../job/job.ts';
import type { Path } from './path.ts';
import { isList, isObject } from './path.ts';

/** Every text within a value, with its path. Keys are not values. */
export function* textsIn(value: JsonValue | undefined, path: Path): Iterable<{ text: string; path: Path }> {
  if (typeof value === 'string') yield { text: value, path };
  else if (isList(value)) {
    for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index]);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key]);
  }
}
