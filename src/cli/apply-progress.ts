import type { Plan } from '../core/plan/change.ts';
import type { Problem } from '../core/problem.ts';
import type { PlanReport } from '../core/render/plan-report.ts';
import { renderPlan } from '../core/render/plan-report.ts';
import type { Style } from '../core/render/style.ts';
import type { ReconcileEvent } from '../reconcile/event/events.ts';
import type { TransformerPlan } from '../core/transformer/change.ts';
import { outcomeLine, type ShownOutcome } from './outcomes.ts';
import type { Shell } from './shell.ts';

/**
 * Shows a pass while it runs: the plan right before the first write, then a line for each change. Writing many
 * scopes takes minutes at Cloudflare's rate limit, and nobody likes to wait before a still terminal.
 */
export class ApplyProgress {
  readonly #shell: Shell;
  readonly #style: Style;
  readonly #plans: Plan[] = [];
  readonly #unreadable: { scope: Plan['scope']; reason: string }[] = [];
  readonly #unreadableTransformers: { scope: Plan['scope']; reason: string }[] = [];
  readonly #unresolved: { name: string; reason: string }[] = [];
  #problems: readonly Problem[] = [];
  readonly #transformers: TransformerPlan[] = [];
  #revision = '';
  #planShown = false;

  constructor(shell: Shell, style: Style) {
    this.#shell = shell;
    this.#style = style;
  }

  /** Whether there was anything to write, and so the plan is on the screen already. */
  get planShown(): boolean {
    return this.#planShown;
  }

  /** @param problems what was found in the manifest, to be shown with the plan */
  begin(problems: readonly Problem[]): void {
    this.#problems = problems;
  }

  follow(event: ReconcileEvent): void {
    if (event.type === 'pass.started') this.#revision = event.revision;
    if (event.type === 'scope.planned') this.#plans.push(event.plan);
    if (event.type === 'transformers.planned') this.#transformers.push(event.plan);
    if (event.type === 'scope.unreadable') {
      this.#unreadable.push({ scope: event.scope, reason: event.error.message });
    }
    if (event.type === 'transformers.unreadable')
      this.#unreadableTransformers.push({ scope: event.scope, reason: event.error.message });
    if (event.type === 'scope.unresolved') this.#unresolved.push({ name: event.name, reason: event.reason });
    const outcome = outcomeOf(event);
    if (outcome !== null) this.#show(outcome);
  }

  #show(outcome: ShownOutcome): void {
    if (!this.#planShown) this.#shell.out(renderPlan(this.#report(), 'text', this.#style));
    this.#planShown = true;
    this.#shell.out(outcomeLine(outcome, this.#style));
  }

  #report(): PlanReport {
    return {
      revision: this.#revision,
      generatedAt: this.#shell.now().toISOString(),
      plans: this.#plans,
      unreadable: this.#unreadable,
      unresolved: this.#unresolved,
      ...(this.#transformers.length + this.#unreadableTransformers.length > 0 && {
        transformers: { plans: this.#transformers, unreadable: this.#unreadableTransformers },
      }),
      refusal: null,
      problems: this.#problems,
    };
  }
}

function outcomeOf(event: ReconcileEvent): ShownOutcome | null {
  switch (event.type) {
    case 'change.applied':
      return { kind: 'job', scope: event.scope, change: event.change, result: 'applied', id: event.id };
    case 'change.failed':
    case 'change.parked':
      return { kind: 'job', scope: event.scope, change: event.change, result: 'failed', error: event.error };
    case 'change.skipped':
      return {
        kind: 'job',
        scope: event.scope,
        change: event.change,
        result: 'skipped',
        reason: event.reason,
      };
    case 'transformer.applied':
      return { ...TRANSFORMER, scope: event.scope, change: event.change, result: 'applied', id: event.id };
    case 'transformer.failed':
    case 'transformer.parked':
      return {
        ...TRANSFORMER,
        scope: event.scope,
        change: event.change,
        result: 'failed',
        error: event.error,
      };
    case 'transformer.skipped':
      return {
        ...TRANSFORMER,
        scope: event.scope,
        change: event.change,
        result: 'skipped',
        reason: event.reason,
      };
    default:
      return null;
  }
}

const TRANSFORMER = { kind: 'transformer' } as const;
