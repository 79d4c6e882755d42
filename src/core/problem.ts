/** Where in the manifest something was written. Lines and columns count from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * A finding about what a person wrote. Problems are values: collected, sorted by place and shown all at once,
 * never thrown. An error refuses the whole manifest; a warning is shown and nothing else.
 */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Stable, documented in docs/problems.md, never reused. */
  readonly code: string;
  readonly origin: Origin;
  /** The YAML path, as in `zones[0].jobs[1].max_upload_bytes`; empty for a finding about a whole file. */
  readonly path: string;
  /** One sentence with the value and the bound, then the remedy. */
  readonly message: string;
}

export function isError(problem: Problem): boolean {
  return problem.severity === 'error';
}

/** Order of reading: by file, line, column, then code, so that the same manifest always reads the same. */
export function byPlace(a: Problem, b: Problem): number {
  return (
    compareText(a.origin.file, b.origin.file) ||
    a.origin.line - b.origin.line ||
    a.origin.column - b.origin.column ||
    compareText(a.code, b.code) ||
    compareText(a.path, b.path)
  );
}

/** By code unit, not by locale: the order must be the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
