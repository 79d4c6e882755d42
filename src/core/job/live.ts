import { maskDestinationsIn, maskSecretsIn } from '../destination/destination.ts';
import { Secret } from '../secret.ts';
import { isObject } from './canonical-json.ts';
import { fieldOf } from './field-table.ts';
import type { JobFields, JsonObject, JsonValue, LiveJob } from './job.ts';

const CVE = 'CVE-2021-44228';
/** As Cloudflare's OpenAPI file spells it (`cloudflare-api.md` §3.1). */
const CVE_MISSPELT = 'CVE-2021-4428';

/**
 * One object of a listing as a job. Expects an object with an integer `id`; everything else may be missing.
 *
 * Credentials are wrapped here, before anybody else sees them, and taken out of `error_message`, which may quote the
 * destination. Keys this release does not know are kept as they are.
 */
export function liveJobOf(raw: JsonObject): LiveJob {
  const { id, name, destination_conf: destination = null } = raw;
  const message = textOrNull(raw['error_message']);
  return {
    id: Number(id),
    name: typeof name === 'string' ? name : '',
    fields: fieldsOf(raw),
    delivery: {
      lastComplete: textOrNull(raw['last_complete']),
      lastError: textOrNull(raw['last_error']),
      errorMessage: message === null ? null : safeMessage(message, textOrNull(destination)),
    },
  };
}

/** It may quote this destination, or the one that the job had when it failed. */
function safeMessage(message: string, destination: string | null): string {
  const searched = beginningOf(message);
  return maskDestinationsIn(destination === null ? searched : maskSecretsIn(searched, destination));
}

const LONGEST_MESSAGE = 4_000;

/** Ends between two words: of a secret that is cut in two nobody would know the first half. */
function beginningOf(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  const beginning = message.slice(0, LONGEST_MESSAGE);
  const end = Math.max(...[' ', '\n', '\t'].map((space) => beginning.lastIndexOf(space)));
  return `${beginning.slice(0, Math.max(end, 0))}…`;
}

function fieldsOf(raw: JsonObject): JobFields {
  const fields: { [name: string]: JsonValue | Secret } = {};
  for (const [name, value] of Object.entries(raw)) {
    const row = fieldOf(name);
    // As a key of a plain object it would put fields in that nobody has looked at.
    if (row?.managedBy === 'cloudflare' || name === '__proto__') continue;
    if (row?.secret === true && value !== null) {
      fields[name] = new Secret(typeof value === 'string' ? value : JSON.stringify(value));
    } else fields[name] = name === 'output_options' && isObject(value) ? spelled(value) : value;
  }
  return fields;
}

function spelled(options: JsonObject): JsonObject {
  if (!(CVE_MISSPELT in options)) return options;
  const { [CVE_MISSPELT]: misspelt = null, ...others } = options;
  return { [CVE]: misspelt, ...others };
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
