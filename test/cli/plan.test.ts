import { describe, expect, it } from 'vitest';

import type { Program } from '../../src/program.ts';
import type { Plan } from '../../src/core/plan/change.ts';
import {
  InvariantViolatedError,
  NotAllowedError,
  RejectedError,
  SourceError,
  StateError,
  StoppedError,
  UnreachableError,
} from '../../src/reconcile/errors.ts';
import type { Outcome, PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import type { Emit } from '../../src/reconcile/ports.ts';
import { aDesiredJob, aDesiredScope, aScope } from '../builders.ts';
import { aPassResult, ran, type Ran } from './fake-shell.ts';

const scope = aScope();
const desired = aDesiredJob({ name: 'http' });
const creation = {
  action: 'create',
  name: 'http',
  class: 'pending',
  reason: 'The manifest has it and the zone does not.',
  fields: [],
  desired,
  body: desired.fields,
} as const;

const plan: Plan = {
  scope,
  desired: aDesiredScope({ jobs: [desired] }),
  changes: [creation],
  withheld: [],
  unmanaged: [],
  unverifiable: [],
  adoptable: [],
  strays: [],
  paired: [],
  live: [],
  doubts: { creating: [], isCollapseDoubted: false },
};

const problem = {
  severity: 'error',
  code: 'unknown-key',
  origin: { file: 'zones.yaml', line: 3, column: 5 },
  path: 'zones[0].jbs',
  message: 'There is no key "jbs".',
} as const;

const refusal = {
  code: 'too-many-removals',
  reason: 'It would remove 9 of 10 jobs.',
  jobs: ['a/b: deleted'],
  digest: 'd1',
} as const;

function planned(argv: readonly string[], result: Partial<PassResult> = {}): Promise<Ran> {
  return ran(argv, { program: () => ({ pass: async () => aPassResult(result) }) });
}

describe('plan', () => {
  it('opens a program that cannot write', async () => {
    const { opened } = await planned(['plan']);
    expect(opened.map(({ write }) => write)).toEqual([false]);
  });

  it('asks only for the zones that were named', async () => {
    const asked: (readonly string[])[] = [];
    const program = () => ({
      pass: async ({ zones }: { zones: readonly string[] }) => {
        asked.push(zones);
        return aPassResult();
      },
    });
    await ran(['plan', '--zone', 'a.example', '--zone', 'b.example'], { program });
    expect(asked).toEqual([['a.example', 'b.example']]);
  });

  it('does not call a slip in the name of a zone "no changes"', async () => {
    const none = await planned(['plan', '--zone', 'exmple.com'], {
      known: [aScope({ name: 'example.com' })],
    });
    expect({ exitCode: none.exitCode, out: none.out }).toEqual({ exitCode: 3, out: '' });
    expect(none.err).toContain('exmple.com: the manifest says nothing about it. Did you mean "example.com"?');
    const some = await planned(['plan', '--zone', 'exmple.com', '--zone', 'EXAMPLE.com'], { plans: [plan] });
    expect(some.exitCode).toBe(1);
    expect(some.out).toContain('1 to create');
    expect((await planned(['plan', '--zone', plan.scope.id], { plans: [plan] })).exitCode).toBe(0);
  });

  const EXITS: readonly (readonly [
    what: string,
    flags: string,
    result: Partial<PassResult>,
    exitCode: number,
  ])[] = [
    ['nothing to do', '', {}, 0],
    ['changes', '', { plans: [plan] }, 0],
    ['changes, asked in detail', '--detailed-exitcode', { plans: [plan] }, 2],
    ['nothing to do, asked in detail', '--detailed-exitcode', {}, 0],
    ['a refusal', '--detailed-exitcode', { plans: [plan], refusal }, 5],
    [
      'an unreadable scope',
      '',
      { unreadable: [{ scope, error: new NotAllowedError({ action: 'list jobs' }) }] },
      1,
    ],
    ['no way to begin', '', { failure: new NotAllowedError({ action: 'list zones' }) }, 1],
    ['an unreadable manifest', '', { failure: new SourceError('config/manifest does not exist.') }, 3],
  ];

  it.each(EXITS)('of %s (%s) answers %#', async (_, flags, result, exitCode) => {
    expect((await planned(['plan', ...flags.split(' ').filter(Boolean)], result)).exitCode).toBe(exitCode);
  });

  it('says in its help which exit code comes first, and that what is withheld counts', async () => {
    const { out } = await ran(['plan', '--help']);
    expect(out).toMatch(/first that holds: 3 .* 5 .* 1 .* 2, 4 or 6\. .* withheld\scounts/s);
  });

  it('shows the problems of a manifest that is refused, and plans nothing', async () => {
    const program = () => ({
      check: async () => ({ revision: 'r1', files: 2, manifest: null, problems: [problem] }),
    });
    const { exitCode, out } = await ran(['plan'], { program });
    expect(exitCode).toBe(3);
    expect(out).toContain('zones.yaml:3:5  error  unknown-key  zones[0].jbs');
  });

  it('is one JSON document on standard output', async () => {
    const { out } = await planned(['plan', '--output', 'json'], { plans: [plan] });
    expect(JSON.parse(out)).toMatchObject({ revision: 'r1', summary: { create: 1 } });
  });

  it('reports a failure with the ray that Cloudflare’s support asks for, and no stack', async () => {
    const failure = new NotAllowedError({ action: 'list zones', status: 403, ray: 'ray-1' });
    const { err } = await planned(['plan'], { failure });
    expect(err).toMatch(/^error: .*list zones.* \(cf-ray ray-1\)\n$/);
  });

  it('reports a failure that is thrown like one that is returned', async () => {
    const program = () => ({
      check: async () => {
        throw new SourceError('The manifest config/manifest does not exist.');
      },
    });
    const { exitCode, err } = await ran(['plan'], { program });
    expect({ exitCode, err }).toEqual({
      exitCode: 3,
      err: 'error: The manifest config/manifest does not exist.\n',
    });
  });

  it('lets a bug through', async () => {
    const program = () => ({ pass: () => Promise.reject(new TypeError('boom')) });
    await expect(ran(['plan'], { program })).rejects.toThrow('boom');
  });
});

describe('a command that has to wait for the rate limit', () => {
  it('says how long', async () => {
    let err = '';
    const { opened } = await ran(['plan'], {
      program: () => ({ pass: async () => aPassResult() }),
      shell: { err: (text) => void (err += text) },
    });
    opened[0]?.onPause?.(4200);
    expect(err).toMatch(/rate limit .* waits 5 s/);
  });
});

describe('a command that sends calls again', () => {
  it('says why, once for each kind of trouble', async () => {
    let err = '';
    const { opened } = await ran(['plan'], {
      program: () => ({ pass: async () => aPassResult() }),
      shell: { err: (text) => void (err += text) },
    });
    for (const zone of ['a.example', 'b.example'])
      opened[0]?.onRetry?.(new UnreachableError({ action: `list jobs of ${zone}`, cause: 'refused' }));
    opened[0]?.onRetry?.(new UnreachableError({ action: 'list jobs of a.example', status: 503 }));
    expect(err.split('\n').map((line) => line.replace(/\. .*/, ''))).toEqual([
      'note: Cloudflare could not be reached to list jobs of a.example: refused',
      expect.stringMatching(/^note: .*503/),
      '',
    ]);
  });
});

describe('apply', () => {
  const failed: Outcome = {
    scope,
    change: creation,
    result: 'failed',
    error: new RejectedError({
      action: 'create job "http"',
      status: 400,
      errors: [{ code: 1002, message: 'no' }],
    }),
  };

  /** A pass that says what it does while it does it. */
  function applying(result: Partial<PassResult>) {
    return (emit: Emit) => ({
      pass: async () => {
        const whole = aPassResult(result);
        emit({ type: 'pass.started', passId: 'p', triggers: ['manual'], revision: 'r1', scopes: 1 });
        for (const one of whole.plans) emit({ type: 'scope.planned', passId: 'p', plan: one });
        for (const outcome of whole.outcomes) {
          const { change, id, error, reason } = outcome;
          const base = { passId: 'p', scope: outcome.scope, change };
          if (id !== undefined)
            emit({ ...base, type: 'change.applied', id, job: null, ray: undefined, durationMs: 1 });
          if (error !== undefined) emit({ ...base, type: 'change.failed', error });
          if (reason !== undefined) emit({ ...base, type: 'change.skipped', reason });
        }
        return whole;
      },
    });
  }

  const done: Outcome = { scope, change: creation, result: 'applied', id: 7 };

  it('shows the plan, then each change, then the end', async () => {
    const program = applying({ plans: [plan], outcomes: [done] });
    const { out, exitCode, opened } = await ran(['apply'], { program });
    expect(exitCode).toBe(0);
    expect(opened.map(({ write }) => write)).toEqual([true]);
    const places = ['1 to create', 'applied  create   http  example.com  id 7', 'Applied 1 of 1.'].map(
      (text) => out.indexOf(text),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(out.split('1 to create')).toHaveLength(2);
  });

  it('shows what the manifest is warned of before it writes', async () => {
    const warning = { ...problem, severity: 'warning', message: 'Did you mean "http_requests"?' } as const;
    const manifest = { scopes: [] } as unknown as NonNullable<
      Awaited<ReturnType<Program['check']>>['manifest']
    >;
    const { out } = await ran(['apply'], {
      program: (emit) => ({
        ...applying({ plans: [plan], outcomes: [done] })(emit),
        check: async () => ({ revision: 'r1', files: 1, manifest, problems: [warning] }),
      }),
    });
    expect(out).toMatch(/Did you mean "http_requests"\?[^]*applied {2}create/);
  });

  it('shows the plan before the first write is over, not at the end', async () => {
    let shownEarly = '';
    let out = '';
    const program = (emit: Emit) => ({
      pass: async () => {
        await applying({ plans: [plan], outcomes: [done] })(emit).pass();
        shownEarly = out;
        return aPassResult({ plans: [plan], outcomes: [done] });
      },
    });
    await ran(['apply'], { program, shell: { out: (text) => void (out += text) } });
    expect(shownEarly).toContain('applied  create');
    expect(shownEarly).not.toContain('Applied 1 of 1');
  });

  it.each([
    ['all is applied', [done], 0],
    ['a change failed', [done, failed], 1],
    [
      'a change was skipped',
      [{ scope, change: creation, result: 'skipped', reason: 'stopping' } as const],
      1,
    ],
  ] as const)('answers by what became of the changes: %s', async (_, outcomes, exitCode) => {
    expect((await ran(['apply'], { program: applying({ plans: [plan], outcomes }) })).exitCode).toBe(
      exitCode,
    );
  });

  it('says why a change failed', async () => {
    const { out } = await ran(['apply'], { program: applying({ plans: [plan], outcomes: [failed] }) });
    expect(out).toContain('failed   create   http  example.com');
    expect(out).toContain('HTTP 400, no (1002)');
    expect(out).toContain('Applied 0 of 1. 1 failed.');
  });

  it('answers 1 when what is done could not be remembered, and says so', async () => {
    const error = new StateError('The disk is full.');
    const program = (emit: Emit) => ({
      pass: async () => {
        emit({ type: 'ledger.failed', passId: 'p', scope, error });
        return applying({ plans: [plan], outcomes: [done], unsettled: [scope] })(emit).pass();
      },
    });
    const { out, err, exitCode } = await ran(['apply'], { program });
    expect([exitCode, err]).toEqual([1, 'error: The disk is full.\n']);
    expect(out).toContain('Applied 1 of 1.');
  });

  it('ends as a bug when a write was stopped because it would have broken an invariant', async () => {
    const error = new InvariantViolatedError('delete job 7 in example.com', 'nothing is written any more');
    const stopped = { ...failed, error };
    const { out, exitCode } = await ran(['apply'], {
      program: applying({ plans: [plan], outcomes: [done, stopped] }),
    });
    expect(exitCode).toBe(70);
    expect(out).toContain('"delete job 7 in example.com" was not sent');
  });

  it('answers 5 when the guard refuses, with its reason', async () => {
    const { out, exitCode } = await ran(['apply'], { program: applying({ plans: [plan], refusal }) });
    expect(exitCode).toBe(5);
    expect(out).toContain(refusal.reason);
  });

  it.each<readonly [when: string, result: Partial<PassResult>, code: number]>([
    ['nothing is held back', {}, 0],
    ['another plan is refused', { refusal }, 5],
  ])('says that what is approved is not there when %s', async (_, result, code) => {
    const { err, exitCode } = await ran(['apply', '--approve', 'xyz'], { program: applying(result) });
    expect(err).toMatch(/--approve xyz let nothing through: no refused plan and no withheld change/);
    expect(exitCode).toBe(code);
  });

  it('says nothing of an approval that a plan was asked for', async () => {
    const pass: Program['pass'] = async ({ approves }) => {
      expect([approves?.('d1'), approves?.('d2')]).toEqual([true, false]);
      return aPassResult();
    };
    const { err } = await ran(['apply', '--approve', 'd1'], { program: () => ({ pass }) });
    expect(err).toBe('');
  });

  it('is one JSON document with the plan and the outcomes', async () => {
    const program = applying({ plans: [plan], outcomes: [done, failed] });
    const { out } = await ran(['apply', '--output', 'json'], { program });
    expect(JSON.parse(out)).toMatchObject({
      plan: { format_version: '1', summary: { create: 1 } },
      outcomes: [
        { scope, action: 'create', name: 'http', result: 'applied', id: 7 },
        { action: 'create', name: 'http', result: 'failed', reason: expect.stringContaining('1002') },
      ],
      summary: { applied: 1, failed: 1, skipped: 0 },
    });
  });

  it('annotates what failed for GitHub, and nothing that went well', async () => {
    const program = applying({ plans: [plan], outcomes: [done, failed] });
    const { out } = await ran(['apply', '--output', 'github'], { program });
    const annotations = out.split('\n').filter((line) => line.startsWith('::error'));
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toContain('create "http" in example.com');
  });

  it('takes the limits of the guard from flags', async () => {
    const { opened } = await ran(['apply', '--max-removals', '12'], { program: applying({}) });
    expect(opened[0]?.settings.guard.maxRemovals).toBe(12);
  });
});

describe('a state that is in use or cannot be opened', () => {
  const inUse = () => Promise.reject(new StateError('The state in s is in use by process 7.'));

  it.each(['plan', 'apply'])('ends %s with 3: nothing was done', async (command) => {
    const { exitCode, err } = await ran([command], { program: () => ({ pass: inUse }) });
    expect({ exitCode, err }).toEqual({
      exitCode: 3,
      err: 'error: The state in s is in use by process 7.\n',
    });
  });

  it('ends run with 3', async () => {
    const { exitCode, err } = await ran(['run'], { parts: { runDaemon: inUse } });
    expect({ exitCode, err }).toEqual({
      exitCode: 3,
      err: 'error: The state in s is in use by process 7.\n',
    });
  });
});

describe('the log of a command that runs once', () => {
  const openings = async (argv: readonly string[], logToTerminal: boolean): Promise<readonly string[]> => {
    const levels: string[] = [];
    await ran(argv, {
      program: () => ({ pass: async () => aPassResult() }),
      shell: { logToTerminal },
      parts: {
        openLog: async ({ log }) => {
          levels.push(log.level);
          return { emit: () => undefined, onSecret: () => undefined };
        },
      },
    });
    return levels;
  };

  it('is silent on a terminal, where the result says it all', async () => {
    expect(await openings(['plan'], true)).toEqual([]);
  });

  it('holds failures where nobody looks', async () => {
    expect(await openings(['plan'], false)).toEqual(['error']);
  });

  it('leaves out what the command says itself, unless a level was asked for', async () => {
    const error = new SourceError('The zones cannot be listed.');
    const failed = { type: 'pass.failed', passId: 'p1', triggers: ['manual'], error } as const;
    const logged = async (...flags: readonly string[]): Promise<readonly string[]> => {
      const types: string[] = [];
      const { err } = await ran(['plan', ...flags], {
        program: (emit) => ({
          pass: async () => {
            emit(failed);
            emit({ type: 'record.unsaved', what: 'history', error: new StateError('No room.') });
            return aPassResult({ failure: error });
          },
        }),
        shell: { logToTerminal: false },
        parts: {
          openLog: async () => ({ emit: ({ type }) => void types.push(type), onSecret: () => undefined }),
        },
      });
      expect(err).toBe('error: The zones cannot be listed.\n');
      return types;
    };
    expect(await logged()).toEqual(['record.unsaved']);
    expect(await logged('--log-level', 'error')).toEqual(['pass.failed', 'record.unsaved']);
  });

  it('is what was asked for', async () => {
    expect(await openings(['plan', '--log-level', 'debug'], true)).toEqual(['debug']);
    expect(await openings(['plan', '--log-level', 'info'], false)).toEqual(['info']);
  });
});

describe('the log of a command that reads secrets', () => {
  it.each([['plan'], ['apply'], ['render'], ['fields dns_logs --zone a.example'], ['export --all']])(
    '%s: is told each of them, so that no line shows one',
    async (line) => {
      const onSecret = (): void => undefined;
      const told: unknown[] = [];
      await ran(line.split(' '), {
        shell: { logToTerminal: false },
        parts: {
          openLog: async () => ({ emit: () => undefined, onSecret }),
          openProgram: async (_settings, options) => {
            told.push(options.onSecret);
            throw new StoppedError('go on');
          },
        },
      });
      expect(told).toEqual([onSecret]);
    },
  );
});
