import { logEvents } from '../../src/edges/log/event-log.ts';
import type { Logger } from '../../src/edges/log/logger.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import type { Emit } from '../../src/reconcile/ports.ts';
import { StatusBoard } from '../../src/reconcile/status/status-board.ts';

/** What people would read of the events of one process: log lines for machines and for a terminal, and the status. */
export class Sinks {
  readonly #read: (what: string, text: string) => void;
  readonly #subscribers: readonly Emit[];
  readonly #board: StatusBoard;

  constructor(now: () => number, read: (what: string, text: string) => void) {
    this.#read = read;
    this.#board = new StatusBoard({ now });
    this.#subscribers = [
      this.#board.emit,
      logEvents(this.#logger('json')),
      logEvents(this.#logger('pretty')),
    ];
  }

  emit(event: ReconcileEvent): void {
    for (const subscriber of this.#subscribers) subscriber(event);
    if (event.type === 'pass.finished') this.#read('the status', JSON.stringify(this.#board.toJson()));
  }

  /** Hands over whole records, before anything that is known to be secret would be taken out of them. */
  #logger(format: Logger['format']): Logger {
    return {
      format,
      color: false,
      isEnabled: () => true,
      log: (record) => this.#read(`a ${format} log line`, JSON.stringify(record)),
      registerSecret: () => undefined,
      scrub: (text) => text,
    };
  }
}
