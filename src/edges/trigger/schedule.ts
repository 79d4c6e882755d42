import { type Logger, schedule, validateDetailed } from 'node-cron';

export interface Schedule {
  stop(): void;
  /** Null once stopped. */
  nextRun(): Date | null;
}

/** Its message is for people: what is wrong with the cron expression or the time zone, and what to write. */
export class ScheduleError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScheduleError';
  }
}

/** node-cron prints to stdout by itself; ticks that were missed are made up below, and nothing else can fail. */
const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/**
 * Calls `onTick` at the times of a cron expression with 5 or 6 fields (the sixth, first, is seconds). Ticks that
 * fell into a pause of the process give one call.
 *
 * Overlap is not this file's business: a tick only asks for a look, and the queue merges what is asked.
 *
 * @throws ScheduleError
 */
export function startSchedule(options: {
  readonly cron: string;
  readonly timezone: string;
  readonly onTick: () => void;
}): Schedule {
  refuseIfWrong(options.cron, options.timezone);
  let due: NodeJS.Immediate | null = null;
  const tick = (): void => {
    // Outside of node-cron's own call, which would swallow a bug of ours.
    due ??= setImmediate(() => {
      due = null;
      options.onTick();
    });
  };
  const task = schedule(options.cron, tick, { timezone: options.timezone, logger: SILENT });
  task.on('execution:missed', tick);

  let isStopped = false;
  return {
    stop() {
      if (isStopped) return;
      isStopped = true;
      if (due) clearImmediate(due);
      void task.destroy();
    },
    nextRun: () => (isStopped ? null : task.getNextRun()),
  };
}

function refuseIfWrong(expression: string, timezone: string): void {
  const { valid, errors } = validateDetailed(expression);
  if (!valid) {
    const found = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new ScheduleError(
      `The schedule "${expression}" is not a cron expression (${found}). ` +
        'Write 5 fields, as in "*/15 * * * *", or 6 with seconds first.',
    );
  }
  if (!isTimezone(timezone)) {
    throw new ScheduleError(
      `"${timezone}" is not a time zone. Write a name such as "UTC" or "Europe/Berlin".`,
    );
  }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
