import type { FastifyReply, FastifyRequest } from 'fastify';
import { printableJson } from '../../core/render/foreign-text.ts';
import type { HistoryQuestion } from '../../reconcile/history/history.ts';
import { parameterOf, problem } from './request.ts';

export interface HistoryOptions {
  /** What `GET /api/v1/history` answers with, newest first; or why nobody can know of such a scope or job. */
  readonly history: (question: HistoryQuestion) => readonly unknown[] | { readonly unknown: string };
}

const USAGE =
  'Give at most one scope, one job and a limit from 1 to 500, as in ?scope=example.com&job=http&limit=20.';

const USUAL_LIMIT = 100;
const HIGHEST_LIMIT = 500;

export function answerHistory(
  request: FastifyRequest,
  reply: FastifyReply,
  { history }: HistoryOptions,
): FastifyReply {
  const question = questionOf(request.query);
  if (question === null) return problem(reply, 400, USAGE);
  const entries = history(question);
  if ('unknown' in entries) return problem(reply, 404, entries.unknown);
  return reply.type('application/json; charset=utf-8').send(printableJson({ entries }));
}

/** Null for what cannot be meant. */
function questionOf(query: unknown): HistoryQuestion | null {
  const [scope, job, given] = ['scope', 'job', 'limit'].map((name) => parameterOf(query, name));
  if (scope === undefined || job === undefined || given === undefined) return null;
  if (given !== null && !/^[1-9]\d{0,2}$/.test(given)) return null;
  const limit = given === null ? USUAL_LIMIT : Number(given);
  return limit > HIGHEST_LIMIT ? null : { scope, job, limit };
}
