import type { Clock } from './ports.ts';

export interface ShareRules {
  readonly calls: number;
  readonly windowMs: number;
}

/** A share of the quota: none of its calls begins while the latest window has seen as many as it may. */
export class CallShare {
  readonly #rules: ShareRules;
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Oldest first, on the monotonic clock. */
  #sent: readonly { readonly at: number; readonly calls: number }[] = [];

  constructor(rules: ShareRules, clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.#rules = rules;
    this.#clock = clock;
  }

  count(calls: number): void {
    if (calls > 0) this.#sent = [...this.#sent, { at: this.#clock.monotonic(), calls }];
  }

  /** Resolves when a call may begin; rejects with the signal's reason. */
  async free(signal: AbortSignal): Promise<void> {
    for (;;) {
      const from = this.#clock.monotonic() - this.#rules.windowMs;
      this.#sent = this.#sent.filter(({ at }) => at > from);
      const [oldest] = this.#sent;
      const used = this.#sent.reduce((sum, { calls }) => sum + calls, 0);
      if (oldest === undefined || used < this.#rules.calls) return;
      await this.#clock.sleep(oldest.at - from, signal);
    }
  }
}
