/** How the challenges of some destinations are read, as the settings say it. */
export type ReaderSpec = {
  /** Patterns of `scheme://bucket-or-host/path` with `*` for any text: nothing else is read with it. */
  readonly destinations: readonly string[];
} & (S3Spec | GcsSpec | AzureSpec | FolderSpec | CommandSpec);

/** Names of files of the secrets folder stand for what is in them. */
type SecretName = string;

export interface S3Spec {
  readonly via: 's3';
  /** Absent: the region of the destination. */
  readonly region?: string;
  /** Absent: Amazon's. */
  readonly endpoint?: string;
  /** Absent: what the SDK finds around it, as a role of the machine. */
  readonly keys?: { readonly accessKeyId: SecretName; readonly secretAccessKey: SecretName };
}

export interface GcsSpec {
  readonly via: 'gcs';
  readonly endpoint?: string;
  /** JSON of Google's, on one line. Absent: what the SDK finds around it. */
  readonly credentials?: SecretName;
}

export interface AzureSpec {
  readonly via: 'azure';
  readonly account: string;
  readonly endpoint?: string;
  readonly accountKey?: SecretName;
  readonly sas?: SecretName;
}

export interface FolderSpec {
  readonly via: 'folder';
  /** Where a bucket is mounted; `{bucket}` in it stands for the name of the bucket. */
  readonly path: string;
}

export interface CommandSpec {
  readonly via: 'command';
  /** Program and arguments; `{bucket}` and `{filename}` in them are filled in. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
}
