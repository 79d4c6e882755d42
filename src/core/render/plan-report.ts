import type { DriftAuthor } from '../audit/attribution.ts';
import type { Scope } from '../job/job.ts';
import type { Plan } from '../plan/change.ts';
import type { Refusal } from '../plan/guard.ts';
import type { Origin, Problem } from '../problem.ts';
import type { TransformerPlan } from '../transformer/change.ts';
import type { Preview } from '../transformer/preview.ts';
import { printableJson } from './foreign-text.ts';
import { planGithub } from './plan-github.ts';
import { planReport } from './plan-json.ts';
import { planMarkdown } from './plan-markdown.ts';
import { planText } from './plan-text.ts';
import type { Style } from './style.ts';

/** Everything a pass decided, before anything is written: what `plan` shows. */
export interface PlanReport {
  readonly revision: string;
  /** RFC 3339. */
  readonly generatedAt: string;
  readonly plans: readonly Plan[];
  /** Scopes that could not be read, and so were not planned. */
  readonly unreadable: readonly { readonly scope: Scope; readonly reason: string }[];
  /** What the manifest names and nobody knows: a zone that the token does not see. */
  readonly unresolved: readonly {
    readonly name: string;
    readonly reason: string;
    readonly origin?: Origin;
  }[];
  /** Absent where the plan is about none. */
  readonly transformers?: {
    readonly plans: readonly TransformerPlan[];
    readonly unreadable: readonly { readonly scope: Scope; readonly reason: string }[];
  };
  /** Who has caused drifts, where the audit log tells. */
  readonly authors?: readonly DriftAuthor[];
  /** Absent where no sample was given. */
  readonly previews?: readonly Preview[];
  /** What was looked at, where nothing but drift is shown; absent elsewhere. */
  readonly drift?: LookedAt;
  /** It was carried out, so that what needs no write is done too. */
  readonly isApplied?: boolean;
  readonly refusal: Refusal | null;
  readonly problems: readonly Problem[];
}

/** Where drift was looked for. */
export interface LookedAt {
  readonly jobs: number;
  readonly scopes: number;
  /** Fields that it was narrowed down to; all where there are none. */
  readonly fields: readonly string[];
}

export type OutputFormat = 'text' | 'json' | 'markdown' | 'github';

const RENDERERS: Readonly<Record<OutputFormat, (report: PlanReport, style: Style) => string>> = {
  text: planText,
  json: (report) => `${printableJson(planReport(report))}\n`,
  markdown: planMarkdown,
  github: planGithub,
};

/** The report as it is written to stdout, with its last line ended. Colours are for text only. */
export function renderPlan(report: PlanReport, format: OutputFormat, style: Style): string {
  return RENDERERS[format](report, style);
}
