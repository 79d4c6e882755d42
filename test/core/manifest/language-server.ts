import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: any;
  readonly result?: any;
}

/** The real YAML language server, as an editor talks to it: LSP over stdio, on a document that is not on disk. */
export class LanguageServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, (result: any) => void>();
  readonly #diagnostics = new Map<string, (found: readonly any[]) => void>();
  #buffer = Buffer.alloc(0);
  #lastId = 0;

  constructor() {
    const bin = fileURLToPath(
      new URL('../../../node_modules/yaml-language-server/bin/yaml-language-server', import.meta.url),
    );
    this.#process = spawn(process.execPath, [bin, '--stdio']);
    this.#process.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  async start(): Promise<void> {
    await this.request('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: { workspace: { configuration: true } },
    });
    this.#send({ method: 'initialized', params: {} });
  }

  /** Opens a document and resolves to what the server finds wrong in it. */
  async open(uri: string, text: string): Promise<readonly any[]> {
    const found = new Promise<readonly any[]>((resolve) => this.#diagnostics.set(uri, resolve));
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    });
    return found;
  }

  async completions(uri: string, line: number, character: number): Promise<readonly string[]> {
    const result = await this.request('textDocument/completion', {
      textDocument: { uri },
      position: { line, character },
    });
    return result.items.map((item: { readonly label: string }) => item.label);
  }

  async request(method: string, params: object): Promise<any> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<any>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    return answer;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }

  #send(message: object): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.#process.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.#process.stdin.write(body);
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end === -1) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.toString('utf8', 0, end))?.[1]);
      if (this.#buffer.length < end + 4 + length) return;
      const message: Message = JSON.parse(this.#buffer.toString('utf8', end + 4, end + 4 + length));
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      this.#handle(message);
    }
  }

  #handle({ id, method, params, result }: Message): void {
    if (method === 'workspace/configuration') {
      // The schema store would be fetched from the internet.
      const settings = { validate: true, completion: true, schemaStore: { enable: false } };
      this.#send({
        id,
        result: params.items.map(({ section }: any) => (section === 'yaml' ? settings : {})),
      });
    } else if (method !== undefined && id !== undefined) {
      this.#send({ id, result: null });
    } else if (method === 'textDocument/publishDiagnostics') {
      this.#diagnostics.get(params.uri)?.(params.diagnostics);
    } else if (id !== undefined) {
      this.#answers.get(id)?.(result);
    }
  }
}
