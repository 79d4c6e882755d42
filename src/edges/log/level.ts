/** From the loudest down. `error`: a person must act. `warn`: it healed or will. `debug`: all the rest. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const WEIGHTS: { readonly [level in LogLevel]: number } = { error: 50, warn: 40, info: 30, debug: 20 };

export function weightOf(level: LogLevel): number {
  return WEIGHTS[level];
}

/** Whatever a configuration may say that is not a level counts as `info`. */
export function levelFrom(text: string): LogLevel {
  return text === 'error' || text === 'warn' || text === 'debug' ? text : 'info';
}
