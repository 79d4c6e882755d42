import type { JsonObject, JsonValue } from '../job/job.ts';
import { isObject } from './path.ts';

/** Objects of which a later layer changes single keys. Every other value is replaced whole. */
const MERGED: ReadonlySet<string> = new Set(['output_options', 'extra']);
/** Two ways to say one thing: a later layer that says either one drops the other. */
const ALTERNATIVES: ReadonlyMap<string, string> = new Map([
  ['destination', 'destination_conf'],
  ['destination_conf', 'destination'],
]);

/**
 * One job from its layers, later ones over earlier ones. `output_options` and `extra` merge key by key; lists,
 * filters and destinations are replaced whole; `null` replaces too.
 */
export function mergeLayers(layers: readonly JsonObject[]): JsonObject {
  const merged: { [key: string]: JsonValue } = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      const below = merged[key];
      merged[key] = MERGED.has(key) && isObject(below) && isObject(value) ? { ...below, ...value } : value;
      const other = ALTERNATIVES.get(key);
      if (other !== undefined && !Object.hasOwn(layer, other)) delete merged[other];
    }
  }
  return merged;
}
