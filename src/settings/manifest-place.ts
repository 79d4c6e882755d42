import type { JsonValue } from '../core/job/job.ts';
import { CheckedValues } from './checked-values.ts';

/** Where the manifest is. */
export type ManifestPlace =
  | {
      readonly kind: 'files';
      /** Files and folders. */
      readonly paths: readonly string[];
    }
  | {
      readonly kind: 'config-maps';
      /** In the namespace of the settings. */
      readonly names: readonly string[];
    };

const CONFIG_MAPS = 'manifest.kubernetes.configMaps';

/** From checked values, of which one of the two forms is there. */
export function manifestPlaceFrom(values: ReadonlyMap<string, JsonValue>): ManifestPlace {
  const read = new CheckedValues(values);
  return values.has(CONFIG_MAPS)
    ? { kind: 'config-maps', names: read.list(CONFIG_MAPS) }
    : { kind: 'files', paths: read.list('manifest') };
}
