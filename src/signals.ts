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

export function listenToSignals(): Signals {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<void>();
  let received = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    received += 1;
    if (received === 1) first.resolve(name);
    else second.resolve();
  };
  let onHangUp: () => void = () => undefined;
  for (const name of NAMES) process.on(name, onSignal);
  return {
    stop: first.promise,
    stopNow: second.promise,
    onHangUp(act) {
      process.off('SIGHUP', onHangUp);
      onHangUp = act;
      process.on('SIGHUP', onHangUp);
    },
    close() {
      for (const name of NAMES) process.off(name, onSignal);
      process.off('SIGHUP', onHangUp);
    },
  };
}
