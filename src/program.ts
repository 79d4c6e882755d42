import { assemble, openState, type Parts, type PartsOptions, stateToRead } from './compose.ts';
import type { Connection } from './core/doctor/connection.ts';
import { type DesiredScope, isNamed, type Scope } from './core/job/job.ts';
import type { ApiCall } from './edges/cloudflare/api-call.ts';
import type { ManifestFiles } from './edges/source/rewrite.ts';
import type { Desired, ManifestInForce, ManifestState } from './reconcile/manifest/desired.ts';
import { AUDIT_KEY, parseAuditPage } from './reconcile/audit/page.ts';
import { Attributions } from './reconcile/drift/attributions.ts';
import { authorsOf } from './reconcile/drift/drift.ts';
import { Entrance } from './reconcile/pass/entrance.ts';
import { putRightOf } from './core/plan/fight.ts';
import type { FieldLists } from './reconcile/manifest/field-lists.ts';
import { WriteSwitch } from './reconcile/pass/invariants.ts';
import { Ledger } from './reconcile/ledger/ledger.ts';
import { Parking } from './reconcile/pass/parking.ts';
import { runPass } from './reconcile/pass/pass.ts';
import { nothingLookedAt, type PassRequest, type PassResult } from './reconcile/pass/pass-terms.ts';
import type { Emit, LogpushApi, ManifestText, StateStore, TransformerReader } from './reconcile/ports.ts';
import { proofsWith } from './reconcile/proof/proofs.ts';
import { TransformerBook } from './reconcile/transformer/book.ts';
import { Transformers } from './reconcile/transformer/transformers.ts';
import { Turns } from './reconcile/loop/turns.ts';
import { policyOf } from './plan-policy.ts';
import type { Settings } from './settings.ts';

export { moveStateTo, type StateMove } from './compose.ts';

export interface PassOptions {
  /** Names or ids of zones and accounts to look at; all when empty. */
  readonly zones: readonly string[];
  readonly signal: AbortSignal;
  /** Whether a person lets the refused plan, or the withheld change, of this digest through. */
  readonly approves?: (digest: string) => boolean;
}

export interface RenderOptions extends PassOptions {
  /** Without the proofs of ownership that the manifest gives: they are what is to be made. */
  readonly unproven?: boolean;
}

export interface Rendered {
  readonly revision: string;
  readonly scopes: readonly DesiredScope[];
  /** All that the manifest is about, asked for or not. */
  readonly known: readonly Scope[];
  readonly unresolved: Desired['unresolved'];
  readonly problems: Desired['problems'];
}

/** What the commands that run once are written against. */
export interface Program {
  readonly reader: Parts['reader'];
  readonly challenges: Parts['challenges'];
  readonly transformers: TransformerReader;
  /** What the answers so far say by themselves. */
  connection(): Connection;
  /** The files of the manifest, as they are. */
  text(signal: AbortSignal): Promise<ManifestText>;
  /** Changes the manifest itself. */
  readonly manifestFiles: ManifestFiles;
  /** What Cloudflare lists for every job that does not list its fields; null when the manifest has an error. */
  fieldLists(signal: AbortSignal): Promise<FieldLists | null>;
  /** Parses and checks the manifest. No network. */
  check(signal: AbortSignal): Promise<ManifestState>;
  /** The final jobs after selectors, presets and references; null when the manifest has an error. */
  render(options: RenderOptions): Promise<Rendered | null>;
  pass(options: PassOptions): Promise<PassResult>;
  /** Null for a program that only reads. */
  readonly requestOwnership: LogpushApi['requestOwnership'] | null;
}

export type ProgramOptions = Omit<PartsOptions, 'onCall'> & { readonly write: boolean };

/** With `write: false` nothing that it is made of can write to Cloudflare. */
export function openProgram(settings: Settings, options: ProgramOptions): Program {
  const { write, emit } = options;
  let clockAheadMs: number | null = null;
  const onCall = (call: ApiCall): void => void (clockAheadMs = call.clockAheadMs ?? clockAheadMs);
  const parts = assemble(settings, { ...options, onCall });
  const { source, manifest, reader, budget } = parts;
  return {
    reader,
    challenges: parts.challenges,
    transformers: parts.transformers,
    connection: () => ({ rate: budget.snapshot(), clockAheadMs }),
    text: (signal) => source.read(signal),
    manifestFiles: parts.origin.files,
    fieldLists: (signal) => manifest.fieldLists(signal),
    check: (signal) => manifest.refresh(signal),
    render: (options) => render(manifest, options),
    pass: (options) =>
      passOnce(settings, parts, { ...options, write, emit, aheadMs: () => clockAheadMs ?? 0 }),
    requestOwnership: write ? (...asked) => parts.openApi().requestOwnership(...asked) : null,
  };
}

async function render(manifest: ManifestInForce, options: RenderOptions): Promise<Rendered | null> {
  const { zones, signal, unproven = false } = options;
  await manifest.refresh(signal);
  const desired = await manifest.resolve({ signal, priority: 'change', unproven });
  if (desired === null) return null;
  const { revision, unresolved, problems } = desired;
  const chosen = [...desired.scopes.values()].filter(({ scope }) => isNamed(scope, zones));
  const call = { signal, priority: 'change' } as const;
  const completed = await Promise.all(chosen.map((scope) => manifest.withFieldNames(scope, call)));
  const scopes = completed.map(({ desired: whole }) => whole);
  const known = [...desired.scopes.values()].map(({ scope }) => scope);
  return { revision, scopes, known, unresolved, problems };
}

interface OnceOptions extends PassOptions {
  readonly write: boolean;
  readonly emit: Emit;
  /** By how much Cloudflare's clock is ahead of ours, as far as it is known. */
  readonly aheadMs: () => number;
}

async function passOnce(
  settings: Settings,
  { manifest, reader, openApi, clock, challenges, ...parts }: Parts,
  { zones, signal, approves, write, emit, aheadMs }: OnceOptions,
): Promise<PassResult> {
  const { problems, revision, manifest: accepted } = await manifest.refresh(signal);
  if (accepted === null) return nothingLookedAt(revision, problems);
  const state = write
    ? await openState(settings)
    : { ...(await stateToRead(settings)), close: async () => undefined };
  try {
    const ledger = await Ledger.open(state, clock);
    const attributions = await knownAttributions(state, ledger, () => clock.now() + aheadMs());
    const request: PassRequest = {
      passId: clock.now().toString(36),
      triggers: ['manual'],
      priority: 'change',
      includes: (scope) => isNamed(scope, zones),
      policy: policyOf(settings),
      limits: settings.guard,
      ...(approves && { approves, consents: approves }),
      reading: signal,
      writing: new AbortController().signal,
    };
    const mayWrite = (): boolean => !signal.aborted;
    const writer = write ? openApi() : null;
    const entrance = new Entrance({ clock, fingerprint: ledger.fingerprint, emit });
    const result = await runPass(
      {
        manifest,
        reader,
        writer,
        ledger,
        turns: new Turns(),
        entrance,
        transformers: new Transformers({
          reader: parts.transformers,
          writer: write ? parts.openTransformers() : null,
          book: new TransformerBook(state),
          parking: new Parking(clock, ledger.fingerprint),
        }),
        ...proofsWith({ clock, ledger, reader: challenges, emit }),
        attributions,
        clock,
        mayWrite,
        writes: new WriteSwitch(),
        emit,
      },
      request,
    );
    return { ...result, authors: authorsOf(result.plans, attributions) };
  } finally {
    await state.close();
  }
}

/** What the daemon has read in the audit log, and what has not been put right since. */
async function knownAttributions(
  state: Pick<StateStore, 'load'>,
  ledger: Ledger,
  now: () => number,
): Promise<Attributions> {
  const attributions = new Attributions(now);
  for (const scope of ledger.scopes()) {
    for (const { id, healings = {} } of ledger.of(scope).entries) {
      for (const { last } of putRightOf(healings)) attributions.putRight(scope, id, Date.parse(last));
    }
  }
  const page = (await state.load()).get(AUDIT_KEY);
  if (page !== undefined) attributions.learn(parseAuditPage(page)?.actions ?? []);
  return attributions;
}
