import type { LogLevel } from '../../../src/edges/log/level.ts';
import type { LineSink } from '../../../src/edges/log/line-sink.ts';
import { createLogger, type Logger, type LoggerOptions } from '../../../src/edges/log/logger.ts';

export interface Captured {
  readonly logger: Logger;
  /** Everything that was written. */
  text(): string;
  /** The lines as JSON. Throws when one is not. */
  records(): readonly Record<string, unknown>[];
}

/** A logger whose output a test can read. */
export function capture(options: Partial<LoggerOptions> = {}): Captured {
  const written: string[] = [];
  const destination: LineSink = {
    write: (line: string, _level: LogLevel) => {
      written.push(line);
    },
  };
  const logger = createLogger({ level: 'debug', format: 'json', destination, ...options });
  return {
    logger,
    text: () => written.join(''),
    records: () =>
      written
        .join('')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
