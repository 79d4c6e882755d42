/** How large a manifest may be. Checked on the text and on the syntax, before any value is built. */
export interface ManifestLimits {
  readonly files: number;
  /** UTF-8 bytes of one file. */
  readonly fileBytes: number;
  /** UTF-8 bytes of all files. */
  readonly totalBytes: number;
  /** YAML documents in one file. */
  readonly documents: number;
  /** Values in one file, each counted as often as aliases repeat it. */
  readonly nodes: number;
  /** Collections within collections, aliases followed. */
  readonly depth: number;
}

/** Room for 10,000 jobs in one file (5.6 MB, 214,000 values, measured), and little more. */
export const DEFAULT_LIMITS: ManifestLimits = {
  files: 5_000,
  fileBytes: 16 * 1024 * 1024,
  totalBytes: 64 * 1024 * 1024,
  documents: 1_000,
  nodes: 500_000,
  depth: 48,
};
