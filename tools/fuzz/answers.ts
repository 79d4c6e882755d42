import { exportManifest } from '../../src/core/export/manifest-of.ts';
import type { JsonObject, LiveJob, Scope } from '../../src/core/job/job.ts';
import { Secret } from '../../src/core/secret.ts';
import { EMPTY_LEDGER } from '../../src/core/plan/ledger-entry.ts';
import { planScope } from '../../src/core/plan/plan.ts';
import { type OutputFormat, renderPlan } from '../../src/core/render/plan-report.ts';
import { PLAIN } from '../../src/core/render/style.ts';
import { failureOfAnswer } from '../../src/edges/cloudflare/failure.ts';
import { readJobs } from '../../src/edges/cloudflare/listing.ts';
import { cleanerFor } from '../../src/edges/cloudflare/redaction.ts';
import { isObject, readEnvelope } from '../../src/edges/cloudflare/wire.ts';
import { statusPage } from '../../src/edges/http/status-page.ts';
import { logEvents } from '../../src/edges/log/event-log.ts';
import { createLogger } from '../../src/edges/log/logger.ts';
import { ReconcileError } from '../../src/reconcile/errors.ts';
import { StatusBoard } from '../../src/reconcile/status/status-board.ts';
import { aDesiredJob } from '../../test/builders.ts';
import { aCanary, canaryDestinations } from '../../test/canaries.ts';
import { fingerprint } from '../../test/core/plan/planning.ts';
import { LIVE, OLD } from '../../test/hostile/payloads.ts';
import { LISTINGS } from './corpus.ts';
import { FORMATS, POLICY } from './manifests.ts';
import { mutated, mutatedJson } from './mutate.ts';
import type { Dice } from './random.ts';
import { target, type Told } from './target.ts';

const SCOPE: Scope = { kind: 'zone', id: '0'.repeat(32), name: 'example.com' };
const SENT = aCanary('a secret that was sent');
const CANARIES = [LIVE, OLD, SENT, ...canaryDestinations().map(({ canary }) => canary)];
const BODIES = LISTINGS.map((listing) => JSON.stringify(listing));
const DESIRED = {
  scope: SCOPE,
  blocked: [],
  jobs: ['http-archive', 'job-0', 'job-1', 'HTTP-ARCHIVE'].map((name) =>
    aDesiredJob({
      name,
      fields: {
        name,
        filter: '{"where":{"key":"a","operator":"eq","value":1}}',
        output_options: { field_names: ['a'] },
        destination_conf: new Secret(`https://h.example/in?header_A=${SENT.core}`),
      },
    }),
  ),
};

interface AnswerInput {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly format: OutputFormat;
  readonly logFormat: 'json' | 'pretty';
  /** Changed as text: that can put a secret into the name of a job, where nobody can know it for one. */
  readonly isText: boolean;
}

/** From the bytes of a listing to everything that is made of it. */
export const answers = target(make, judge);

function make(dice: Dice): AnswerInput {
  let value: JsonObject = { ...dice.pick(LISTINGS) };
  for (let change = dice.roll(4); change >= 0; change -= 1) {
    const next = mutatedJson(value, dice);
    if (isObject(next)) value = next;
  }
  const isText = dice.roll(4) === 0;
  const text = JSON.stringify(value);
  return {
    isText,
    body: isText ? mutated(text, BODIES, dice) : text,
    status: dice.roll(8) === 0 ? dice.pick([201, 301, 400, 403, 404, 429, 500]) : 200,
    contentType: dice.roll(20) === 0 ? dice.pick(['text/html', '\u001B', '']) : 'application/json',
    format: dice.pick(FORMATS),
    logFormat: dice.pick(['json', 'pretty']),
  };
}

async function judge(input: AnswerInput): Promise<Told> {
  const { status, contentType, body, isText } = input;
  const response = { kind: 'answer' as const, status, headers: { 'content-type': contentType }, body };
  const clean = cleanerFor([SENT.core]);
  const reading = readEnvelope(response, clean);
  const failure = failureOfAnswer(SPEC, response, reading);
  const told: string[] = [failure?.error.message ?? ''];
  if (failure === null && reading.kind === 'envelope') {
    const success = { ...reading, status, ray: undefined, clean };
    const options = { signal: new AbortController().signal, priority: 'sweep' as const };
    const live = await readJobs(async () => success, SPEC, options).catch((error: unknown) => {
      if (!(error instanceof ReconcileError)) throw error;
      told.push(error.message);
      return null;
    });
    if (live !== null) told.push(...everythingOf(live, input));
  }
  return { output: told.join('\n'), canaries: isText ? [] : CANARIES };
}

const SPEC = {
  action: 'list the jobs',
  nature: 'read',
  method: 'GET',
  path: '/',
  endpoint: '/',
} as const;

function everythingOf(live: readonly LiveJob[], { format, logFormat }: AnswerInput): readonly string[] {
  const plan = planScope({
    desired: DESIRED,
    live,
    ledger: EMPTY_LEDGER,
    policy: POLICY,
    fingerprint,
    now: 0,
  });
  const report = {
    revision: 'r',
    generatedAt: '2026-01-01T00:00:00Z',
    plans: [plan],
    unreadable: [],
    unresolved: [],
    refusal: null,
    problems: [],
  };
  const board = new StatusBoard({ now: () => 0 });
  const lines: string[] = [];
  const log = logEvents(
    createLogger({
      level: 'debug',
      format: logFormat,
      destination: { write: (line) => lines.push(line) },
    }),
  );
  for (const emit of [board.emit, log]) {
    emit({ type: 'scope.planned', passId: 'p', plan });
    for (const change of plan.changes)
      emit({ type: 'change.skipped', passId: 'p', scope: SCOPE, change, reason: change.reason });
  }
  if (lines.some((line) => line.trimEnd().split(/[\u0085\u2028\u2029\r]/).length > 1))
    throw new Error('a record of the log has two lines');
  const exported = exportManifest([{ scope: SCOPE, live }]);
  return [
    renderPlan(report, format, PLAIN),
    JSON.stringify(board.toJson()),
    statusPage(board.toJson(), board.ready),
    ...lines,
    exported.text,
    JSON.stringify([exported.secrets, exported.notes]),
  ];
}
