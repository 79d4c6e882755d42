/** SIGTERM and SIGINT, in two stages, and SIGHUP for whoever asks for it. */
export interface Signals {
  /** Resolves to the name of the first one. */
  readonly stop: Promise<string>;
  /** Resolves with the second. */
  readonly stopNow: Promise<void>;
  /** From now on SIGHUP calls this, in place of what was given before, and does not end the process. */
  onHangUp(act: () => void): void;
  close(): void;
}

const NAMES = ['SIGTERM', 'SIGINT'] as const;

// Changed in place: Node forgets a signal that came before its only listener was replaced.
let onSignal: ((name: string) => void) | null = null;
let onHangUp: () => void = () => undefined;

/**
 * From the very start: until somebody listens by {@link listenToSignals}, a signal calls `end`, and SIGHUP nothing.
 * Without a listener the kernel would keep signals from the first process of a container, and end any other one
 * without an exit code.
 */
export function endOnSignal(end: () => void): void {
  onSignal = end;
  for (const name of NAMES) process.on(name, () => onSignal?.(name));
  process.on('SIGHUP', () => onHangUp());
}

/** In a process that began with {@link endOnSignal}. */
export function listenToSignals(): Signals {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<void>();
  const before = onSignal;
  let received = 0;
  onSignal = (name) => {
    received += 1;
    if (received === 1) first.resolve(name);
    else second.resolve();
  };
  return {
    stop: first.promise,
    stopNow: second.promise,
    onHangUp(act) {
      onHangUp = act;
    },
    close() {
      onSignal = before;
      onHangUp = () => undefined;
    },
  };
}
