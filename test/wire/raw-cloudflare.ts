import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { CloudflareModel } from '../../src/sandbox/model/cloudflare.ts';
import { BASE_PATH } from '../../src/sandbox/model/response.ts';
import {
  type FaultOptions,
  type FaultServer,
  rawAnswer,
  type Received,
  startFaultServer,
} from '../edges/cloudflare/fault-server.ts';

/** A request whose last byte is here. */
export interface Exchange {
  readonly request: Received;
  readonly socket: Socket;
  /** 1 for the first request since `meddle`. */
  readonly count: number;
  /** Carries the request out and gives the bytes of its answer, which nobody has sent yet. */
  carryOut(): Buffer;
}

/** What becomes of a request. One that does nothing leaves it without an answer. */
export type Meddler = (exchange: Exchange) => unknown;

export const honest: Meddler = ({ carryOut, socket }) => socket.write(carryOut());

/** Meddles with the first so many of these requests, and is honest about all others. */
export function meddlingWith(
  isMeant: (request: Received) => boolean,
  meddler: Meddler,
  times = Number.POSITIVE_INFINITY,
): Meddler {
  let left = times;
  return (exchange) => {
    if (left === 0 || !isMeant(exchange.request)) return honest(exchange);
    left -= 1;
    return meddler(exchange);
  };
}

/** Queries are posted too. */
export const isWrite = ({ method, path }: Pick<Received, 'method' | 'path'>): boolean =>
  method !== 'GET' && !path.endsWith('/graphql');

/** Checks are posted too. */
export const isCreate = ({ method, path }: Pick<Received, 'method' | 'path'>): boolean =>
  method === 'POST' && path.endsWith('/logpush/jobs');

interface CarriedOut {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

export interface RawOptions {
  readonly zones?: readonly string[];
}

/**
 * The sandbox's Cloudflare behind a socket that the test holds in its hands: any byte of any exchange can be held
 * back, cut or replaced, and the model is the judge of what was carried out.
 */
export class RawCloudflare {
  readonly model: CloudflareModel;
  /** What the model has carried out, oldest first. */
  readonly carriedOut: CarriedOut[] = [];
  #server: FaultServer | undefined;
  #meddler: Meddler = honest;
  #onPiece: FaultOptions['onPiece'];
  #count = 0;
  readonly #looks = new Set<() => void>();

  static async open({ zones = ['example.com'] }: RawOptions = {}): Promise<RawCloudflare> {
    const cloudflare = new RawCloudflare(zones);
    const server = await startFaultServer((socket, request) => cloudflare.#take(socket, request), {
      onPiece: (socket, soFar) => cloudflare.#onPiece?.(socket, soFar),
    });
    onTestFinished(() => server.close());
    cloudflare.#server = server;
    return cloudflare;
  }

  private constructor(zones: readonly string[]) {
    this.model = new CloudflareModel({ now: Date.now, zones: zones.map((name) => ({ name })) });
  }

  /** Base URL of the API. */
  get url(): string {
    return `${this.#server?.origin ?? ''}${BASE_PATH}`;
  }

  /** Every whole request that arrived, oldest first. */
  get requests(): readonly Received[] {
    return this.#server?.requests ?? [];
  }

  /** From the next request on. */
  meddle(meddler: Meddler, onPiece?: FaultOptions['onPiece']): void {
    this.#meddler = meddler;
    this.#onPiece = onPiece;
    this.#count = 0;
  }

  /** Resolves when this is so; looked at with every request, before and after it is dealt with. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((done) => {
      const look = (): void => {
        if (!condition()) return;
        this.#looks.delete(look);
        done();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** How many requests asked for a change. */
  writes(): number {
    return this.requests.filter(isWrite).length;
  }

  /** The names of a zone's jobs, sorted; one that is there twice is there twice. */
  names(zone = 'example.com'): readonly string[] {
    return this.model
      .jobs(zone)
      .map(({ config }) => String(config['name']))
      .toSorted();
  }

  /** How many jobs were ever made. */
  made(): number {
    return this.carriedOut.filter((request) => isCreate(request) && request.status < 300).length;
  }

  #take(socket: Socket, request: Received): void {
    this.#count += 1;
    const carryOut = (): Buffer => {
      const { status, headers, body } = this.model.handle({ ...request, target: request.path });
      this.carriedOut.push({ method: request.method, path: request.path, status, body: request.body });
      return rawAnswer(status, body, { 'Content-Type': '', ...headers });
    };
    this.#look();
    this.#meddler({ socket, request, count: this.#count, carryOut });
    this.#look();
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}
