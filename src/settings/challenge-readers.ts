import type { JsonValue } from '../core/job/job.ts';
import type { ReaderSpec } from '../edges/challenge/reader-spec.ts';
import type { Broken } from './rules.ts';
import { whyNoEndpoint } from './endpoint.ts';

/** The setting `challenge.readers`: what a schema of one shape cannot say of its five kinds. */

type Written = { readonly [key: string]: JsonValue };

const KEYS: {
  readonly [Via in ReaderSpec['via']]: {
    readonly needed: readonly string[];
    readonly optional: readonly string[];
  };
} = {
  s3: { needed: [], optional: ['region', 'endpoint', 'access_key_id', 'secret_access_key'] },
  gcs: { needed: [], optional: ['endpoint', 'credentials'] },
  azure: { needed: ['account'], optional: ['endpoint', 'account_key', 'sas'] },
  folder: { needed: ['path'], optional: [] },
  command: { needed: ['command'], optional: ['timeout_seconds'] },
};
const VIAS = ['s3', 'gcs', 'azure', 'folder', 'command'] as const;
const COMMON = ['destinations', 'via'];
const DEFAULT_TIMEOUT_SECONDS = 30;

/** Why one of the readers cannot be meant, or null. Each has the shape that the schema asks for. */
export function brokenReaders(value: JsonValue): Broken | null {
  const reasons = writtenReaders(value).map((reader, index) => {
    const why = whyBroken(reader);
    return why === null ? null : `[${index}] ${why}`;
  });
  const message = reasons.find((reason) => reason !== null);
  return message === undefined ? null : { code: 'bad-reader', message };
}

function whyBroken(reader: Written): string | null {
  const via = viaOf(reader);
  const { needed, optional } = KEYS[via];
  const known = [...needed, ...optional];
  const foreign = Object.keys(reader).find((key) => ![...COMMON, ...known].includes(key));
  if (foreign !== undefined) {
    return `A reader via ${via} has no key "${foreign}". Its keys are ${known.join(', ')}.`;
  }
  const missing = needed.find((key) => reader[key] === undefined);
  if (missing !== undefined) return `A reader via ${via} needs the key "${missing}".`;
  if ((reader['access_key_id'] === undefined) !== (reader['secret_access_key'] === undefined)) {
    return 'Of access_key_id and secret_access_key only one is set. Set both, or neither for what the SDK finds by itself.';
  }
  if (via === 'azure' && (reader['account_key'] === undefined) === (reader['sas'] === undefined)) {
    return 'A reader via azure needs one of account_key and sas, and only one.';
  }
  const endpoint = textIn(reader, 'endpoint');
  return endpoint === undefined ? null : whyNoEndpoint(endpoint);
}

/** The readers of a checked value. */
export function readersFrom(value: JsonValue): readonly ReaderSpec[] {
  return writtenReaders(value).map((reader) => {
    const { destinations } = reader;
    return { destinations: textsIn(destinations), ...specOf(reader) };
  });
}

type Spec = ReaderSpec extends infer Each
  ? Each extends ReaderSpec
    ? Omit<Each, 'destinations'>
    : never
  : never;

function specOf(reader: Written): Spec {
  const via = viaOf(reader);
  const endpoint = textIn(reader, 'endpoint');
  const at = endpoint === undefined ? {} : { endpoint };
  switch (via) {
    case 's3': {
      const region = textIn(reader, 'region');
      const accessKeyId = secretIn(reader, 'access_key_id');
      const secretAccessKey = secretIn(reader, 'secret_access_key');
      const keys = accessKeyId && secretAccessKey ? { keys: { accessKeyId, secretAccessKey } } : {};
      return { via, ...at, ...(region !== undefined && { region }), ...keys };
    }
    case 'gcs': {
      const credentials = secretIn(reader, 'credentials');
      return { via, ...at, ...(credentials !== undefined && { credentials }) };
    }
    case 'azure': {
      const accountKey = secretIn(reader, 'account_key');
      const sas = secretIn(reader, 'sas');
      const account = textIn(reader, 'account') ?? '';
      return { via, account, ...at, ...(accountKey && { accountKey }), ...(sas && { sas }) };
    }
    case 'folder':
      return { via, path: textIn(reader, 'path') ?? '' };
    case 'command': {
      const seconds = reader['timeout_seconds'];
      const timeoutMs = 1000 * (typeof seconds === 'number' ? seconds : DEFAULT_TIMEOUT_SECONDS);
      return { via, command: textsIn(reader['command']), timeoutMs };
    }
  }
}

function writtenReaders(value: JsonValue): readonly Written[] {
  return Array.isArray(value) ? value.filter(isWritten) : [];
}

function isWritten(value: JsonValue): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function viaOf({ via }: Written): ReaderSpec['via'] {
  const known = VIAS.find((one) => one === via);
  if (known === undefined) throw new Error('The schema of challenge.readers lets a wrong "via" through.');
  return known;
}

function textIn(reader: Written, key: string): string | undefined {
  const value = reader[key];
  return typeof value === 'string' ? value : undefined;
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The name in `${secret:NAME}`. */
function secretIn(reader: Written, key: string): string | undefined {
  return /^\$\{secret:(.*)\}$/.exec(textIn(reader, key) ?? '')?.[1];
}
