import { type DestinationStream, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { cleanText, printableJsonText } from '../../core/render/foreign-text.ts';
import type { Secret } from '../../core/secret.ts';
import { type LogLevel, levelFrom } from './level.ts';
import { type LineSink, lineSink } from './line-sink.ts';
import { Scrubber } from './scrubber.ts';

type Field = string | number | boolean | readonly string[] | undefined;

/** All that a line may hold besides its event and message. */
const FIELD_NAMES = [
  ...(['passId', 'triggers', 'revision', 'zone', 'account', 'logpushJob', 'jobId', 'action'] as const),
  ...(['class', 'fields', 'heals', 'times', 'since', 'until', 'destination', 'dataset'] as const),
  ...(['health', 'before', 'lastComplete', 'cause', 'next', 'lost', 'what', 'by'] as const),
  ...(['way', 'tokenName', 'address', 'agent', 'changedAt', 'changeRay', 'others', 'ours'] as const),
  ...(['entries', 'delayMs', 'signature', 'ray', 'attempt', 'method', 'endpoint', 'status'] as const),
  ...(['codes', 'durationMs', 'error', 'errorName', 'kind', 'retry', 'reason', 'digest'] as const),
  ...(['problems', 'jobs', 'files', 'scopes', 'warnings', 'changes', 'applied', 'failed'] as const),
  ...([
    'skipped',
    'withheld',
    'drift',
    'unmanaged',
    'unverifiable',
    'unreadable',
    'refused',
    'version',
  ] as const),
  ...(['apiUrl', 'statusUrl', 'sandbox', 'taken', 'lease', 'holder', 'term', 'quietMs'] as const),
  ...(['schedule', 'paths', 'signal', 'invariant', 'file', 'receiver', 'alerts', 'statuses'] as const),
  ...(['queued', 'transformer', 'transformerId', 'expires'] as const),
] as const;

/**
 * Nothing else can be logged, least of all an object of somebody else's. Names of fields, never their values.
 */
export type LogFields = { readonly [name in (typeof FIELD_NAMES)[number]]?: Field };

const KNOWN_FIELDS: ReadonlySet<string> = new Set(FIELD_NAMES);

export interface LogRecord {
  readonly level: LogLevel;
  /** `noun.pastParticiple`. */
  readonly event: string;
  /** The same words every time; what differs stands in the fields. */
  readonly message: string;
  readonly fields?: LogFields;
  /** What a person at a terminal reads in place of message and fields; may have several lines. */
  readonly human?: string;
}

export interface Logger {
  readonly format: 'json' | 'pretty';
  /** Whether a person looks at colours. */
  readonly color: boolean;
  log(record: LogRecord): void;
  isEnabled(level: LogLevel): boolean;
  /** From now on this value is taken out of every line. */
  registerSecret(secret: Secret): void;
  /** Takes known secrets out of a text that is about to be cut or changed. */
  scrub(text: string): string;
}

export interface LoggerOptions {
  /** `error`, `warn`, `info` or `debug`. */
  readonly level: string;
  readonly format: 'json' | 'pretty';
  readonly color?: boolean;
  /** Standard error when absent. */
  readonly destination?: LineSink;
  /** Called when the last net caught a secret: a bug. */
  readonly onRedaction?: () => void;
}

const STANDARD_ERROR = 2;

/** One line of JSON per record, or text for people. Logging never throws and never waits. */
export function createLogger(options: LoggerOptions): Logger {
  const { format, color = false } = options;
  const scrubber = new Scrubber(options.onRedaction);
  const sink = options.destination ?? lineSink(STANDARD_ERROR);
  const show = format === 'pretty' ? prettyLines(color) : printableJsonText;
  let level: LogLevel = 'info';
  const stream: DestinationStream = {
    // Twice: a person's line is put together from what was scrubbed, but in another escaping.
    write: (line) => sink.write(scrubber.scrub(show(scrubber.scrub(line))), level),
  };
  const target = pino(
    {
      level: levelFrom(options.level),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    format,
    color,
    log(record) {
      level = record.level;
      const { event, message, fields, human } = record;
      target[level]({ event, ...allowed(fields), ...(format === 'pretty' && { human }) }, message);
    },
    isEnabled: (asked) => target.isLevelEnabled(asked),
    registerSecret: (secret) => scrubber.add(secret),
    scrub: (text) => scrubber.scrub(text),
  };
}

/** The types already say so; this also holds against a cast. */
function allowed(fields: LogFields = {}): object {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) =>
        KNOWN_FIELDS.has(name) && (isScalar(value) || (Array.isArray(value) && value.every(isScalar))),
    ),
  );
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** `12:30:04  text`, with the level where it matters, and further lines as they are. */
function prettyLines(color: boolean): (line: string) => string {
  const pretty = prettyFactory({
    colorize: false,
    translateTime: 'SYS:HH:MM:ss',
    hideObject: true,
    messageFormat: (log, messageKey) => {
      const { human, level: _level, time: _time, event: _event, [messageKey]: message, ...fields } = log;
      return typeof human === 'string' ? human : `${String(message)}${pairsOf(fields)}`;
    },
    customPrettifiers: {
      time: (time) => (typeof time === 'string' ? time : ''),
      level: (level) => labelOf(level, color),
    },
  });
  return (line) => pretty(line).replace(': ', '  ');
}

function labelOf(level: string | object, color: boolean): string {
  return typeof level === 'string' ? (LABELS[color ? 'color' : 'plain'][level.toLowerCase()] ?? '') : '';
}

const LABELS: { readonly [kind in 'plain' | 'color']: { readonly [level: string]: string } } = {
  plain: { warn: 'warn', error: 'error' },
  color: { warn: '\u001B[33mwarn\u001B[39m', error: '\u001B[31merror\u001B[39m' },
};

function pairsOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `  ${name}=${cleanText(Array.isArray(value) ? value.join(',') : String(value))}`)
    .join('');
}
