import { isObject } from '../../core/job/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../core/job/job.ts';

/** Where the API has the ConfigMaps of a namespace. */
export function configMapsPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`;
}

/** What stands under a key of an answer; empty where it is no object. */
export function partOf(object: JsonValue | undefined, key: string): JsonObject {
  const part = isObject(object) ? object[key] : undefined;
  return isObject(part) ? part : {};
}

/** What tells two states of an object apart, and two objects of one name. */
export function identityOf(object: JsonValue | undefined): {
  readonly name: string;
  readonly uid: string;
  readonly version: string;
} {
  const { name = '', uid = '', resourceVersion = '' } = partOf(object, 'metadata');
  return { name: textOf(name), uid: textOf(uid), version: textOf(resourceVersion) };
}

export function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
