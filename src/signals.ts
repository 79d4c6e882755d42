/** SIGTERM and SIGINT, in two stages. */
export interface Signals {
  /** Resolves to the name of the first one. */
  readonly stop: Promise<string>;
  /** Resolves with the second. */
  readonly stopNow: Promise<void>;
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
  for (const name of NAMES) process.on(name, onSignal);
  return {
    stop: first.promise,
    stopNow: second.promise,
    close: () => {
      for (const name of NAMES) process.off(name, onSignal);
    },
  };
}
