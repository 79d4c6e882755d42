import { constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { type LogLevel, weightOf } from './level.ts';

/** Takes finished lines. Never throws, never waits. */
export interface LineSink {
  write(line: string, level: LogLevel): void;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly level: LogLevel;
}

const MAX_WAITING_BYTES = 1_048_576;
const RETRY_MS = 50;
const LAST_MOMENT_MS = 250;

/** Puts as much as goes at once; the rest is the caller's. */
type Put = (bytes: Buffer) => number;

/**
 * Standard error, or any other open file, such that logging can never stop the program (`reliability.md` F46,
 * F47).
 *
 * Lines are written at once, so the last one before an exit is not lost. When the reader is slow they wait, up
 * to 1 MiB; then the least important go first, and a line says how many. When the reader is gone, or the disk
 * is full, lines are dropped.
 */
export function lineSink(fd: number): LineSink {
  const stats = statsOf(fd);
  if (stats?.isSocket()) return socketSink(fd);
  const sink = new PatientSink(putter(stats?.isFIFO() ? withoutWaiting(fd) : fd));
  process.once('exit', () => sink.flush());
  return sink;
}

function statsOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

/**
 * Writing to a full pipe stops the whole process. The pipe is opened once more for this process alone, because
 * the flag on the inherited one would be set for everybody who shares it.
 */
function withoutWaiting(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}

function putter(fd: number): Put {
  return (bytes) => writeSync(fd, bytes);
}

export class PatientSink implements LineSink {
  readonly #put: Put;
  readonly #maxWaitingBytes: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** The first of those that wait is partly written: it must be finished, or two lines run into one. */
  #isCut = false;
  #dropped = 0;
  #lastWasWritten = true;
  #isGone = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(put: Put, maxWaitingBytes: number = MAX_WAITING_BYTES) {
    this.#put = put;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  write(line: string, level: LogLevel): void {
    if (this.#isGone) return;
    const bytes = Buffer.from(line);
    this.#waiting.push({ bytes, level });
    this.#waitingBytes += bytes.length;
    this.#drain();
    if (this.#waitingBytes > this.#maxWaitingBytes) this.#drop();
  }

  /** For the end of the process: gives a slow reader a last moment. */
  flush(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const deadline = performance.now() + LAST_MOMENT_MS;
    while (this.#waiting.length > 0 && performance.now() < deadline) {
      this.#drain();
      if (this.#waiting.length > 0) Atomics.wait(pause, 0, 0, 5);
    }
  }

  #drain(): void {
    let first = this.#waiting[0];
    while (first) {
      const written = this.#tryPut(first);
      if (written === 'later') return this.#armRetry();
      if (written === 'never') return this.#giveUp();
      this.#waitingBytes -= written;
      this.#isCut = written < first.bytes.length;
      if (this.#isCut) this.#waiting[0] = { ...first, bytes: first.bytes.subarray(written) };
      else this.#waiting.shift();
      first = this.#waiting[0];
    }
    // Not while lines are being refused: the telling would be refused as well, for ever.
    if (this.#dropped > 0 && this.#lastWasWritten) this.#tellDropped();
  }

  /** A line that the disk or the device refuses is lost; the next one may do. */
  #tryPut({ bytes }: Waiting): number | 'later' | 'never' {
    try {
      const written = this.#put(bytes);
      this.#lastWasWritten = true;
      return written;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EAGAIN' || code === 'EINTR') return 'later';
      if (code === 'EPIPE' || code === 'EBADF' || code === 'ECONNRESET') return 'never';
      this.#dropped += 1;
      this.#lastWasWritten = false;
      return bytes.length;
    }
  }

  #armRetry(): void {
    if (this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#drain();
    }, RETRY_MS);
    this.#retry.unref();
  }

  #giveUp(): void {
    this.#isGone = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Down to half, so that not every further line costs a look at all of them. */
  #drop(): void {
    const head = this.#isCut ? this.#waiting.slice(0, 1) : [];
    const rest = this.#waiting.slice(head.length);
    let bytes = this.#waitingBytes;
    const dropped = new Set<Waiting>();
    for (const one of rest.toSorted((a, b) => weightOf(a.level) - weightOf(b.level))) {
      if (bytes <= this.#maxWaitingBytes / 2) break;
      dropped.add(one);
      bytes -= one.bytes.length;
    }
    this.#waiting = [...head, ...rest.filter((one) => !dropped.has(one))];
    this.#waitingBytes = bytes;
    this.#dropped += dropped.size;
  }

  #tellDropped(): void {
    const count = this.#dropped;
    this.#dropped = 0;
    const line = {
      level: 'warn',
      time: new Date().toISOString(),
      event: 'log.dropped',
      count,
      msg: 'log lines dropped',
    };
    this.write(`${JSON.stringify(line)}\n`, 'warn');
  }
}

/** A socket, as service managers give: the stream itself knows how to wait. */
function socketSink(fd: number): LineSink {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.unref();
  socket.on('error', () => socket.destroy());
  return {
    write(line) {
      if (!socket.destroyed && socket.writableLength < MAX_WAITING_BYTES) socket.write(line);
    },
  };
}
