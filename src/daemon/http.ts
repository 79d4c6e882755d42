import type { Parts } from '../compose.ts';
import { targetOf } from '../core/plan/pause.ts';
import type { Metrics } from '../edges/http/metrics.ts';
import { StandbyError } from '../edges/http/standby-error.ts';
import { type HttpOptions, type HttpServer, startHttp } from '../edges/http/server.ts';
import type { Logger } from '../edges/log/logger.ts';
import type { Loop } from '../reconcile/loop/loop.ts';
import type { PauseKeeper } from '../reconcile/loop/pause-keeper.ts';
import type { History, HistoryQuestion } from '../reconcile/history/history.ts';
import type { StatusBoard } from '../reconcile/status/status-board.ts';
import type { Settings } from '../settings.ts';
import type { Term } from './term.ts';

/** What answers over HTTP, or is asked for there. */
export interface HttpParts {
  readonly board: StatusBoard;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly parts: Pick<Parts, 'budget'>;
  /** Null while this replica does not lead. */
  readonly term: () => Term | null;
}

/** Null where the settings want none. @throws ListenError */
export async function openHttp(
  settings: Settings,
  { board, metrics, logger, parts, term: current }: HttpParts,
): Promise<HttpServer | null> {
  if (settings.http === null) return null;
  const term = (): Term => {
    const found = current();
    if (found === null) throw new StandbyError(board.whyNotLeading);
    return found;
  };
  return startHttp({
    ...settings.http,
    token: settings.httpToken,
    ingest: settings.ingestToken && {
      token: settings.ingestToken,
      take: async (entries) => {
        const { feed, loop } = term();
        return (await feed.ingest(entries, loop.stopping)) !== null;
      },
    },
    status: () => board.toJson(),
    history: (question) => remembered(question, board, term().history),
    ready: () => board.ready,
    metrics: async () => {
      const { used, limit, remaining = null } = parts.budget.snapshot();
      metrics.setBudget({ remaining, usedRatio: used / limit });
      return metrics.text();
    },
    reconcile: (scope) => lookAgain(scope, board, term().loop),
    approve: (digest) => {
      const queued = term().loop.approve(digest);
      return queued && { queued };
    },
    ...pausing(board, () => term().pauses),
    onFault: (route) => logFault(logger, route),
  });
}

function pausing(board: StatusBoard, pauses: () => PauseKeeper): Pick<HttpOptions, 'pause' | 'resume'> {
  return {
    pause: async (text, terms) => {
      const keeper = pauses();
      const target = board.target(text);
      if ('unknown' in target) return target;
      const { scope, job } = target;
      const pause = await keeper.pause(scope, { ...terms, ...(job !== undefined && { job }) });
      return { target: targetOf(pause, scope), pause };
    },
    resume: async (text) => {
      const keeper = pauses();
      const ended = await keeper.resume(text);
      if (ended !== null) return { target: targetOf(ended.pause, ended.scope), pause: ended.pause };
      const paused = keeper.standing.map(({ scope, pause }) => targetOf(pause, scope)).join(', ');
      return { unknown: paused === '' ? 'Nothing is paused.' : `This is not paused. What is: ${paused}.` };
    },
  };
}

/** What is gone from the manifest may still have a past. */
function remembered(
  question: HistoryQuestion,
  board: StatusBoard,
  history: History,
): readonly unknown[] | { readonly unknown: string } {
  const { scope, job } = question;
  const entries = history.answer(question);
  if (entries.length > 0 || scope === null) return entries;
  const target = board.target(job === null ? scope : `${scope}/${job}`);
  return 'unknown' in target ? target : entries;
}

/** All scopes may be more than are known yet: the first pass has not begun, or a zone is new. */
function lookAgain(
  scope: string | null,
  board: StatusBoard,
  loop: Loop,
): { readonly queued: readonly string[] } | { readonly unknown: string } {
  const scopes = board.find(scope);
  if (scope === null) void loop.lookAtAll('manual', 'change');
  else if (scopes.length === 0) return board.unknown(scope);
  else loop.lookAt(scopes, 'manual');
  return { queued: scopes };
}

/** A bug of a page must not end the loop, which it has nothing to do with. */
function logFault(logger: Logger, route: string): void {
  logger.log({
    level: 'error',
    event: 'http.failed',
    message: 'request not answered',
    fields: { endpoint: route, reason: 'a bug of logpushd' },
  });
}
