import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KINDS, type Kind, Refusal } from './fake-objects.ts';
import { FakeStore } from './fake-store.ts';

/** As in a Role. No `resourceNames`: all of them. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly token: string;
  readonly body: any;
}

/**
 * What goes wrong with a request: `answer`: this status, and nothing is done. `hang-up`: no answer; done or not.
 * `stall`: no answer while the fault is there; done at once, or not at all.
 */
export type FakeFault =
  | { readonly kind: 'answer'; readonly status: number; readonly reason?: string }
  | { readonly kind: 'hang-up' | 'stall'; readonly isDone: boolean };

interface PlantedFault {
  readonly fault: FakeFault;
  readonly hits: (asked: Asked) => boolean;
  times: number;
}

const PATH =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+\/v1))\/namespaces\/(?<namespace>[^/]+)\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?$/;

/** A Kubernetes API on loopback, without TLS: Leases, ConfigMaps and Events, the rights of tokens, and faults. */
export class FakeApiserver {
  readonly store = new FakeStore();
  /** Every request that came, also those that were refused. */
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #rights = new Map<
    string,
    { readonly namespace: string; readonly rules: readonly Rule[] } | 'admin'
  >();
  readonly #faults = new Set<PlantedFault>();
  readonly #stalled = new Map<ServerResponse, PlantedFault>();
  readonly #watches = new Set<ServerResponse>();
  readonly admin = 'an-admin-of-the-test';

  private constructor(server: Server) {
    this.#server = server;
    this.#rights.set(this.admin, 'admin');
    server.on('request', (request, answer) => void this.#serve(request, answer));
  }

  static async start(): Promise<FakeApiserver> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new FakeApiserver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A token that may do just this, in one namespace. Granted anew it has other rights from then on. */
  grant(namespace: string, rules: readonly Rule[], token: string = randomUUID()): string {
    this.#rights.set(token, { namespace, rules });
    return token;
  }

  /** The token is taken no more. */
  revoke(token: string): void {
    this.#rights.delete(token);
  }

  /** Lets the next requests that `hits` picks go wrong; for good without `times`. Call what it answers to end it. */
  plant(fault: FakeFault, hits: PlantedFault['hits'] = () => true, times = Infinity): () => void {
    const planted = { fault, hits, times };
    this.#faults.add(planted);
    return () => {
      this.#faults.delete(planted);
      for (const [answer, of] of this.#stalled) if (of === planted) answer.destroy();
    };
  }

  /** Ends the watches that run, as a real server does every few minutes. */
  endWatches(): void {
    for (const answer of this.#watches) answer.end();
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const text = (await request.toArray()).join('');
    const url = new URL(request.url ?? '/', this.url);
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const asked = { method: request.method ?? '', path: url.pathname, token, body: text && JSON.parse(text) };
    this.asked.push(asked);
    const planted = [...this.#faults].find(({ hits, times }) => times > 0 && hits(asked));
    if (planted === undefined) return this.#answer(asked, url, answer);
    planted.times--;
    const { fault } = planted;
    if (fault.kind === 'answer')
      return send(answer, fault.status, statusOf(fault.status, fault.reason ?? '', 'a fault of the test'));
    if (fault.isDone) this.#done(asked, url);
    if (fault.kind === 'hang-up') answer.destroy();
    else this.#stalled.set(answer, planted);
  }

  #answer(asked: Asked, url: URL, answer: ServerResponse): void {
    if (url.searchParams.get('watch') === 'true') return this.#watch(asked, url, answer);
    const { status, body } = this.#done(asked, url);
    send(answer, status, body);
  }

  #done(asked: Asked, url: URL): { readonly status: number; readonly body: object } {
    try {
      return this.#do(asked, url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.status, body: statusOf(error.status, error.reason, error.message) };
    }
  }

  #do(asked: Asked, url: URL): { readonly status: number; readonly body: object } {
    const { kind, namespace, name } = this.#target(asked, url);
    const { store } = this;
    const { body } = asked;
    switch (asked.method) {
      case 'GET':
        if (name !== '') return { status: 200, body: store.get(kind, namespace, name) };
        return { status: 200, body: this.#list(kind, namespace, url) };
      case 'POST':
        return { status: 201, body: store.create(kind, namespace, body) };
      case 'PUT': {
        const status = store.has(kind, namespace, name) ? 200 : 201;
        return { status, body: store.update(kind, namespace, name, body) };
      }
      case 'PATCH':
        return { status: 200, body: store.patch(kind, namespace, name, body) };
      default:
        store.delete(kind, namespace, name, body);
        return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } };
    }
  }

  #list(kind: Kind, namespace: string, url: URL): object {
    const chosen = selector(url);
    const items = this.store.list(kind, namespace).filter(chosen);
    const metadata = { resourceVersion: this.store.version };
    return { kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata, items };
  }

  #watch(asked: Asked, url: URL, answer: ServerResponse): void {
    try {
      const { kind, namespace } = this.#target(asked, url);
      const chosen = selector(url);
      answer.writeHead(200, { 'Content-Type': 'application/json' });
      answer.flushHeaders();
      this.#watches.add(answer);
      const end = this.store.watch(url.searchParams.get('resourceVersion') ?? '', ({ type, object }) => {
        const isOfKind = object.kind === kind.kind && object.metadata.namespace === namespace;
        if (isOfKind && chosen(object)) answer.write(`${JSON.stringify({ type, object })}\n`);
      });
      answer.once('close', () => {
        end();
        this.#watches.delete(answer);
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const status = statusOf(error.status, error.reason, error.message);
      // A version that is too old is told in a line of the watch.
      if (answer.headersSent) answer.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      else send(answer, error.status, status);
    }
  }

  #target(asked: Asked, url: URL) {
    const { core, group, namespace = '', plural = '', name = '' } = PATH.exec(url.pathname)?.groups ?? {};
    const kind = KINDS.find((one) => one.plural === plural && one.apiVersion === (core ?? group));
    const verb = verbOf(asked.method, name, url);
    const groupName = (group ?? '').replace(/\/.*/, '');
    // A field selector for one name is like that name, for the rights too.
    const target = { group: groupName, plural, name: name === '' ? selectedName(url) : name, namespace };
    this.#authorize(asked.token, { verb, ...target });
    // An update of a Lease that is not there makes one.
    const makesLease = verb === 'update' && plural === 'leases' && !this.store.has(kind!, namespace, name);
    if (makesLease) this.#authorize(asked.token, { verb: 'create', ...target });
    if (kind === undefined)
      throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
    return { kind, namespace, name };
  }

  #authorize(token: string, asked: Record<'verb' | 'group' | 'plural' | 'name' | 'namespace', string>): void {
    const rights = this.#rights.get(token);
    if (token !== '' && rights === undefined) throw new Refusal(401, 'Unauthorized', 'Unauthorized');
    if (rights === 'admin') return;
    const { verb, group, plural, name, namespace } = asked;
    const mayDo =
      rights?.namespace === namespace &&
      rights.rules.some(
        (rule) =>
          rule.apiGroups.includes(group) &&
          rule.resources.includes(plural) &&
          rule.verbs.includes(verb) &&
          (rule.resourceNames === undefined || (verb !== 'create' && rule.resourceNames.includes(name))),
      );
    if (mayDo) return;
    const what = `${plural}${group === '' ? '' : `.${group}`}${name === '' ? '' : ` "${name}"`}`;
    throw new Refusal(
      403,
      'Forbidden',
      `${what} is forbidden: the user cannot ${verb} resource "${plural}" in API group "${group}" in the namespace "${namespace}"`,
    );
  }
}

function verbOf(method: string, name: string, url: URL): string {
  if (url.searchParams.get('watch') === 'true') return 'watch';
  if (method === 'GET') return name === '' ? 'list' : 'get';
  return { POST: 'create', PUT: 'update', PATCH: 'patch' }[method] ?? 'delete';
}

/** By `metadata.name` of a field selector, and by equal labels. */
function selector(url: URL): (object: any) => boolean {
  const name = selectedName(url);
  const labels = (url.searchParams.get('labelSelector') ?? '').split(',').filter((one) => one !== '');
  return ({ metadata }) =>
    (name === '' || metadata.name === name) &&
    labels.every((label) => {
      const [key = '', value] = label.split('=');
      return metadata.labels?.[key] === value;
    });
}

function selectedName(url: URL): string {
  return /^metadata\.name=(.+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1] ?? '';
}

function statusOf(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function send(answer: ServerResponse, status: number, body: object): void {
  answer.writeHead(status, { 'Content-Type': 'application/json' });
  answer.end(JSON.stringify(body));
}
