import type { Group } from '../../core/alert/alert.ts';
import type { StandingState } from '../../core/alert/standing.ts';
import { StateError } from '../../reconcile/errors.ts';
import type { AlertSink } from '../../reconcile/alert/center.ts';
import type { StateStore } from '../../reconcile/ports.ts';
import { Mailbox, type MailboxPorts } from './mailbox.ts';
import { OUTBOX_KEY, OutboxPage } from './outbox-page.ts';
import type { ReceiverSpec } from './receiver-spec.ts';

export interface OutboxOptions extends Omit<MailboxPorts, 'saved'> {
  readonly receivers: readonly ReceiverSpec[];
  /** Where what is told and what waits is kept over restarts. */
  readonly store: Pick<StateStore, 'load' | 'save'>;
}

/** How often it is looked whether something has to be told again. */
const TICK_MS = 60_000;
/** A message under way may have been taken, and is better not sent again; but nothing waits longer for it. */
const GRACE_MS = 500;

/** Keeps the mailboxes of all receivers, and one page of the state for them. */
export class Outbox implements AlertSink {
  /** What stood when the process before this one ended. */
  readonly standing: StandingState;
  readonly #options: OutboxOptions;
  readonly #page: OutboxPage;
  readonly #mailboxes: readonly Mailbox[];
  readonly #stop = new AbortController();
  readonly #stopNow = new AbortController();
  readonly #running: Promise<unknown>;
  #groups: readonly Group[] = [];
  #state: () => StandingState;
  #saving: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #isSaved = true;

  /** Reads what is left of before. @throws StateError when that cannot be read */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const page = new OutboxPage(options.store);
    const { state, isDamaged } = await page.load();
    if (isDamaged) {
      const what = `The page ${OUTBOX_KEY} of the state is damaged, so what was told before is not known: what still stands is told again`;
      options.emit({ type: 'alert.unsaved', error: new StateError(`${what}.`) });
    }
    return new Outbox(options, page, state);
  }

  private constructor(
    options: OutboxOptions,
    page: OutboxPage,
    { standing, mailboxes }: Awaited<ReturnType<OutboxPage['load']>>['state'],
  ) {
    this.#options = options;
    this.#page = page;
    this.standing = standing;
    this.#state = () => standing;
    const ports = { ...options, saved: () => this.#save() };
    this.#mailboxes = options.receivers.map((spec) => new Mailbox(spec, mailboxes[spec.name], ports));
    const runs = this.#mailboxes.map((mailbox) => mailbox.run(this.#stop.signal, this.#stopNow.signal));
    this.#running = Promise.all([...runs, this.#remind()]);
  }

  readonly stand = (groups: readonly Group[], state: StandingState): void => {
    this.#groups = groups;
    this.#state = () => state;
    this.#compare();
  };

  readonly remember = (state: () => StandingState): void => {
    this.#state = state;
    void this.#save();
  };

  /** Sends nothing new; what waits is kept when it resolves. */
  async close(): Promise<void> {
    this.#stop.abort();
    const grace = this.#options.clock.sleep(GRACE_MS, this.#stopNow.signal).catch(() => undefined);
    await Promise.race([this.#running, grace]);
    this.#stopNow.abort();
    await this.#running;
    await this.#save();
  }

  #compare(): void {
    for (const mailbox of this.#mailboxes) mailbox.compare(this.#groups);
    void this.#save();
  }

  async #remind(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#options.clock.sleep(TICK_MS, signal).catch(() => undefined);
      if (!signal.aborted) this.#compare();
    }
  }

  /** One save at a time; those that are asked for meanwhile become one. */
  #save(): Promise<void> {
    if (this.#next !== null) return this.#next;
    const next = this.#saving.then(() => {
      this.#next = null;
      return this.#saveNow();
    });
    this.#next = next;
    this.#saving = next;
    return next;
  }

  /** Where nothing can be kept, people are told all the same. Told once, until it works again. */
  async #saveNow(): Promise<void> {
    const mailboxes = Object.fromEntries(
      this.#mailboxes.map((mailbox) => [mailbox.spec.name, mailbox.state()]),
    );
    try {
      await this.#page.save({ standing: this.#state(), mailboxes });
      this.#isSaved = true;
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      if (this.#isSaved) this.#options.emit({ type: 'alert.unsaved', error });
      this.#isSaved = false;
    }
  }
}
