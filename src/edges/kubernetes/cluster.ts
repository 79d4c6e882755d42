import type * as ClientNode from '@kubernetes/client-node';
import type { JsonObject } from '../../core/job/job.ts';
import { ClusterError } from '../../reconcile/cluster-error.ts';
import { ReconcileError, StoppedError } from '../../reconcile/errors.ts';
import { codeOf, failureOf, networkFailureOf, watchFailureOf } from './failure.ts';
import { type ClusterSpec, type Found, findCluster, type Surroundings } from './kube-config.ts';

/** How long a call may take that says nothing else. */
const TIMEOUT_MS = 10_000;
/** Of a watch, in characters. An object has at most 1.5 MiB in etcd, and is escaped here. */
const LONGEST_LINE = 16 * 1024 * 1024;

export interface ClusterCall {
  /** What it is for, in messages, as in `read the Lease "logpushd"`. */
  readonly action: string;
  /** With its query, as in `/api/v1/namespaces/edge/configmaps?limit=500`. */
  readonly path: string;
  /** Aborted: the call is given up, whatever becomes of it. */
  readonly signal: AbortSignal;
  /** For a watch: until it begins. */
  readonly timeoutMs?: number;
  /** Of a watch: called when it has begun. */
  readonly onBegin?: () => void;
}

export interface ClusterRequest extends ClusterCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Of a PATCH: what is to be merged into the object. */
  readonly body?: JsonObject;
}

/** The Kubernetes API, as one service account in one namespace. */
export interface Cluster {
  readonly namespace: string;
  /** The object that is answered. Rejects with `ClusterError` or `StoppedError`, and with nothing else that is no bug. */
  ask(request: ClusterRequest): Promise<JsonObject>;
  /**
   * The lines of a watch, as they come, until the server ends it. Rejects as {@link ask}; a Status in place of an object,
   * as when the version to go on from is too old, is such a failure too.
   */
  watch(call: ClusterCall): AsyncGenerator<WatchLine, void, undefined>;
}

export interface WatchLine {
  readonly type: string;
  readonly object: JsonObject;
}

type Library = Pick<typeof ClientNode, 'KubeConfig' | 'RequestContext' | 'IsomorphicFetchHttpLibrary'>;

/**
 * Finds the cluster and how to prove who we are; nothing is sent yet. The library, which is as large as all others together,
 * is loaded here and nowhere else.
 * @throws ClusterError with the fault `unconfigured`
 */
export async function openCluster(spec: ClusterSpec, around: Surroundings): Promise<Cluster> {
  const library: Library = await import('@kubernetes/client-node');
  const connection = new Connection(library, () => findCluster(library.KubeConfig, spec, around));
  return {
    namespace: connection.namespace,
    ask: (request) => ask(connection, request),
    watch: (call) => watch(connection, call),
  };
}

async function ask(connection: Connection, request: ClusterRequest): Promise<JsonObject> {
  const { action, signal, timeoutMs = TIMEOUT_MS } = request;
  const limit = new TimeLimit(signal, timeoutMs);
  try {
    const answer = await connection.send(request, limit.signal);
    const text = await answer.body.text();
    if (answer.httpStatusCode < 200 || answer.httpStatusCode > 299)
      throw failureOf(action, answer.httpStatusCode, text);
    return objectOf(text) ?? reject(action);
  } catch (error) {
    throw limit.explain(action, error);
  } finally {
    limit.end();
  }
}

async function* watch(connection: Connection, call: ClusterCall): AsyncGenerator<WatchLine, void, undefined> {
  const { action, signal, timeoutMs = TIMEOUT_MS } = call;
  const limit = new TimeLimit(signal, timeoutMs);
  try {
    const answer = await connection.send({ ...call, method: 'GET' }, limit.signal);
    if (answer.httpStatusCode !== 200)
      throw failureOf(action, answer.httpStatusCode, await answer.body.text());
    limit.lift();
    call.onBegin?.();
    for await (const line of linesOf(action, answer)) yield watchLine(action, line);
  } catch (error) {
    throw limit.explain(action, error);
  } finally {
    limit.end();
  }
}

function watchLine(action: string, line: string): WatchLine {
  const { type, object } = objectOf(line) ?? {};
  if (typeof type !== 'string' || !isObject(object)) return reject(action);
  if (type === 'ERROR') throw watchFailureOf(action, object);
  return { type, object };
}

async function* linesOf(
  action: string,
  answer: ClientNode.ResponseContext,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of answer.body.stream() ?? []) {
    rest += decoder.decode(part, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) reject(action);
    yield* lines.filter((line) => line !== '');
  }
}

/** Sends, and proves who we are. Connections are kept, which the library by itself does not do. */
class Connection {
  readonly #library: Library;
  readonly #find: () => Found;
  #found: Found;
  #dispatcher: ReturnType<InstanceType<Library['RequestContext']>['getDispatcher']>;

  constructor(library: Library, find: () => Found) {
    this.#library = library;
    this.#find = find;
    this.#found = find();
  }

  get namespace(): string {
    return this.#found.namespace;
  }

  /** The token is read from its file once a minute; one that is refused is read anew at once, and tried once more. */
  async send(request: ClusterRequest, signal: AbortSignal): Promise<ClientNode.ResponseContext> {
    const answer = await this.#sendOnce(request, signal);
    if (answer.httpStatusCode !== 401) return answer;
    await answer.body.text();
    this.#found = this.#find();
    this.#dispatcher = undefined;
    return this.#sendOnce(request, signal);
  }

  async #sendOnce(request: ClusterRequest, signal: AbortSignal): Promise<ClientNode.ResponseContext> {
    const { RequestContext, IsomorphicFetchHttpLibrary } = this.#library;
    const context = new RequestContext(`${this.#found.server}${request.path}`, request.method);
    context.setSignal(signal);
    context.setHeaderParam('Accept', 'application/json');
    if (request.body !== undefined) {
      const type = request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      context.setHeaderParam('Content-Type', type);
      context.setBody(JSON.stringify(request.body));
    }
    await this.#prove(context, request.action);
    if (signal.aborted) throw new StoppedError(request.action);
    try {
      return await new IsomorphicFetchHttpLibrary().send(context).toPromise();
    } catch (error) {
      // The next one connects anew, with the certificates that are in the files by then.
      this.#dispatcher = undefined;
      throw error;
    }
  }

  async #prove(context: InstanceType<Library['RequestContext']>, action: string): Promise<void> {
    try {
      await this.#found.config.applySecurityAuthentication(context);
    } catch (error) {
      const code = codeOf(error);
      const cause = `the credentials for Kubernetes cannot be read${code === '' ? '' : ` (${code})`}`;
      const next =
        'Look at the mounted token of the service account, or at the files and commands that the kubeconfig names.';
      throw new ClusterError('unauthorized', { action, cause, next });
    }
    this.#dispatcher ??= context.getDispatcher();
    if (this.#dispatcher !== undefined) context.setDispatcher(this.#dispatcher);
  }
}

/** Ends what takes too long, and knows afterwards why something ended. */
class TimeLimit {
  readonly #signal: AbortSignal;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #stop = (): void => this.#ending.abort();
  readonly #timeoutMs: number;
  #isOver = false;

  constructor(signal: AbortSignal, timeoutMs: number) {
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#stop();
    }, timeoutMs);
    if (signal.aborted) this.#stop();
    else signal.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  lift(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.lift();
    this.#signal.removeEventListener('abort', this.#stop);
    this.#stop();
  }

  explain(action: string, error: unknown): ReconcileError {
    if (error instanceof ReconcileError && !this.#isOver) return error;
    if (this.#signal.aborted) return new StoppedError(action);
    if (!this.#isOver) return networkFailureOf(action, error);
    const cause = `Kubernetes did not answer within ${this.#timeoutMs / 1000} s`;
    return new ClusterError('timeout', { action, cause });
  }
}

function reject(action: string): never {
  throw new ClusterError('damaged', { action });
}

function objectOf(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
