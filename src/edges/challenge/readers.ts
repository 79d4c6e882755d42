import { parseDestination } from '../../core/destination/destination.ts';
import { tokenIn } from '../../core/plan/challenge.ts';
import { isAmongDestinations } from '../../core/plan/policy.ts';
import { Secret } from '../../core/secret.ts';
import { ChallengeError, StoppedError } from '../../reconcile/errors.ts';
import type { ChallengeReader, ReferenceResolver } from '../../reconcile/ports.ts';
import { readFromAzure } from './azure.ts';
import { untilAborted } from './bounded-time.ts';
import { readFromCommand } from './command.ts';
import { readFromFolder } from './folder.ts';
import { readFromGcs } from './gcs.ts';
import { nameOf, ReadFailure } from './read-failure.ts';
import type { ChallengeFile, ReadTerms } from './reader.ts';
import type { ReaderSpec } from './reader-spec.ts';
import { readFromS3 } from './s3.ts';

/** One read as a whole; a command has a limit of its own. */
const LIMIT_MS = 30_000;

export interface ReadersOptions {
  readonly readers: readonly ReaderSpec[];
  readonly references: ReferenceResolver;
  readonly environment: ReadTerms['environment'];
  /** Called with each token that is read. */
  readonly onSecret?: ((token: Secret) => void) | undefined;
}

/** Reads challenges with the first reader of the settings that covers a destination, and nowhere else. */
export function createChallengeReader(options: ReadersOptions): ChallengeReader {
  const { readers, references, environment, onSecret } = options;
  const specFor = (destination: Secret): ReaderSpec | undefined =>
    readers.find(({ destinations }) =>
      isAmongDestinations({ fields: { destination_conf: destination } }, destinations),
    );
  return {
    covers: (destination) => specFor(destination) !== undefined,
    async read(destination, filename, signal) {
      const { scheme, authority, path, params, open } = parseDestination(destination.reveal());
      const spec = specFor(destination);
      if (spec === undefined) {
        throw new ChallengeError(open, 'no reader of the setting challenge.readers covers it; add one');
      }
      const file: ChallengeFile = {
        bucket: authority,
        path,
        params: new Map(params.map(({ name, value }) => [name, value.reveal()])),
        filename,
      };
      const limitMs = spec.via === 'command' ? spec.timeoutMs : LIMIT_MS;
      const limit = AbortSignal.timeout(limitMs);
      const ended = AbortSignal.any([signal, limit]);
      try {
        const secrets = await untilAborted(secretsOf(spec, references), ended);
        // Not every way to read can be ended.
        const reading = readWith(spec, file, { secrets, environment, signal: ended });
        const text = await untilAborted(reading, ended);
        // What stands there without a text is about to be written.
        if (text === undefined || text?.trim() === '') return null;
        // What is too long for a challenge is none, like whatever else is no token.
        const token = tokenIn(text ?? '');
        if (token !== null) onSecret?.(token);
        return new Secret(text ?? '');
      } catch (error) {
        if (signal.aborted) throw new StoppedError(`read a challenge in ${scheme}://${authority}`);
        const cause = limit.aborted
          ? whyLate(spec, limitMs)
          : error instanceof ReadFailure
            ? error.message
            : `the reader via ${spec.via} failed (${nameOf(error, undefined)})`;
        throw new ChallengeError(open, cause);
      }
    },
  };
}

function whyLate({ via }: ReaderSpec, limitMs: number): string {
  const more = via === 'command' ? '; timeout_seconds allows more' : '';
  return `the reader via ${via} took longer than ${limitMs / 1000} s and was ended${more}`;
}

function readWith(
  spec: ReaderSpec,
  file: ChallengeFile,
  terms: ReadTerms,
): Promise<string | null | undefined> {
  switch (spec.via) {
    case 's3':
      return readFromS3(spec, file, terms);
    case 'gcs':
      return readFromGcs(spec, file, terms);
    case 'azure':
      return readFromAzure(spec, file, terms);
    case 'folder':
      return readFromFolder(spec, file, terms);
    case 'command':
      return readFromCommand(spec, file, terms);
  }
}

/** Read anew each time, so that a rotated key is seen. */
async function secretsOf(spec: ReaderSpec, references: ReferenceResolver): Promise<ReadTerms['secrets']> {
  const names = namesIn(spec);
  const { secrets, unreadable, missingFolder } = await references.read({
    env: new Set(),
    secrets: new Set(names),
  });
  const missing = names.find((name) => !secrets.has(name));
  if (missing !== undefined) {
    const why =
      missingFolder === undefined ? unreadable.get(missing) : `the folder ${missingFolder} is not there`;
    throw new ReadFailure(`the secret ${missing} of the reader cannot be read: ${why ?? 'it is not there'}`);
  }
  return (name) => secrets.get(name)?.reveal() ?? '';
}

function namesIn(spec: ReaderSpec): readonly string[] {
  switch (spec.via) {
    case 's3':
      return spec.keys ? [spec.keys.accessKeyId, spec.keys.secretAccessKey] : [];
    case 'gcs':
      return spec.credentials === undefined ? [] : [spec.credentials];
    case 'azure':
      return [spec.accountKey ?? spec.sas ?? ''];
    default:
      return [];
  }
}
