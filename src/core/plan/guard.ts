/** Why a pass must not be applied. Shown as it stands. */
export interface Refusal {
  readonly code: 'too-many-removals' | 'empty-manifest';
  /** One sentence with the counts and the limit, then the setting that would allow it. */
  readonly reason: string;
  /** The jobs it is about, as `scope name/job name: what would happen`. */
  readonly jobs: readonly string[];
}
