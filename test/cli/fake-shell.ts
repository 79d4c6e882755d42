import type { Program, ProgramOptions } from '../../src/program.ts';
import type { Parts } from '../../src/cli/parts.ts';
import { runCli } from '../../src/cli/program.ts';
import type { Shell } from '../../src/cli/shell.ts';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import type { Emit } from '../../src/reconcile/ports.ts';
import type { Settings } from '../../src/settings.ts';
import { overhear } from '../overheard.ts';

/** What a command left behind. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  /** With which settings, and whether to write, the program was opened. */
  readonly opened: readonly (ProgramOptions & { readonly settings: Settings })[];
}

export interface Surroundings {
  readonly program?: (emit: Emit) => Partial<Program>;
  readonly parts?: Partial<Parts>;
  readonly shell?: Partial<Shell>;
  readonly environment?: Shell['environment'];
}

/** A token, so that commands that talk to Cloudflare start. */
export const TOKEN = { CLOUDFLARE_API_TOKEN: 'a-token-of-a-test' };

/** Runs a command in this process, against a program of the test. */
export async function ran(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const opened: (ProgramOptions & { readonly settings: Settings })[] = [];
  const unexpected = (): never => {
    throw new Error('This test did not expect the command to get so far.');
  };
  const exitCode = await runCli(argv, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    colors: false,
    columns: Infinity,
    logToTerminal: true,
    logColors: false,
    environment: surroundings.environment ?? TOKEN,
    cwd: import.meta.dirname,
    now: () => new Date('2026-01-12T09:30:00Z'),
    interrupted: () => new AbortController().signal,
    parts: {
      openProgram: async (settings, options) => {
        opened.push({ settings, ...options });
        return aProgram(surroundings.program?.(options.emit));
      },
      openLog: unexpected,
      runDaemon: unexpected,
      askDaemon: unexpected,
      testReceivers: unexpected,
      moveState: unexpected,
      startSandbox: unexpected,
      ...surroundings.parts,
    },
    ...surroundings.shell,
  });
  overhear(`standard output of ${argv[0]}`, out);
  overhear(`standard error of ${argv[0]}`, err);
  return { exitCode, out, err, opened };
}

/** A program with an accepted, empty manifest. Whatever else is asked of it ends the test. */
function aProgram(overrides: Partial<Program> = {}): Program {
  const unexpected = (): never => {
    throw new Error('This test did not expect this call.');
  };
  return {
    reader: new Proxy({} as Program['reader'], { get: unexpected }),
    transformers: new Proxy({} as Program['transformers'], { get: unexpected }),
    check: async () => ({ revision: 'r1', files: 1, manifest: AN_EMPTY_MANIFEST, problems: [] }),
    text: unexpected,
    manifestFiles: { refuseUnlessEditable: () => undefined, rewrite: unexpected, create: unexpected },
    connection: unexpected,
    fieldLists: unexpected,
    render: unexpected,
    pass: unexpected,
    requestOwnership: null,
    challenges: null,
    ...overrides,
  };
}

const AN_EMPTY_MANIFEST = { scopes: [] } as unknown as NonNullable<
  Awaited<ReturnType<Program['check']>>['manifest']
>;

export function aPassResult(overrides: Partial<PassResult> = {}): PassResult {
  return {
    revision: 'r1',
    rejected: false,
    problems: [],
    plans: [],
    unreadable: [],
    unresolved: [],
    refusal: null,
    outcomes: [],
    ...overrides,
  };
}
