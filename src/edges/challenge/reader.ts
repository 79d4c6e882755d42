/** A challenge file, by the parts of its destination that name it. */
export interface ChallengeFile {
  /** Bucket or host. */
  readonly bucket: string;
  /** Path of the destination, as written. */
  readonly path: string;
  /** Of the destination, decoded. */
  readonly params: ReadonlyMap<string, string>;
  /** Below the bucket; no part of it leads upwards. */
  readonly filename: string;
}

export interface ReadTerms {
  /** The content of a file of the secrets folder. */
  readonly secrets: (name: string) => string;
  /** Aborted when it takes too long, or logpushd stops. */
  readonly signal: AbortSignal;
  /** Variables for a child process. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * One way to read a file. Undefined: it is not there, like one without a text; null: it is longer than any challenge. Throws `ReadFailure` with what a person
 * needs to know; whatever else it throws is told by its name alone.
 */
export type ReadFile<Spec> = (
  spec: Spec,
  file: ChallengeFile,
  terms: ReadTerms,
) => Promise<string | null | undefined>;
