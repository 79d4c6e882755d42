import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Pause } from '../../core/job/job.ts';
import { durationOf } from '../../core/duration.ts';
import { StateError } from '../../reconcile/errors.ts';
import { parameterOf, problem } from './request.ts';

/** A zone or account, or one of its jobs, as a person names it: `example.com` or `example.com/http-archive`. */
export type Target = string;

/** What it says of a pause that began or ended; or why there is no such thing, for people. */
export type Paused = { readonly target: Target; readonly pause: Pause } | { readonly unknown: string };

export interface PauseOptions {
  /** Without `ms` until somebody resumes it. Rejects with a StateError where it cannot be kept. */
  readonly pause: (
    target: Target,
    terms: { readonly ms?: number; readonly reason?: string },
  ) => Promise<Paused>;
  readonly resume: (target: Target) => Promise<Paused>;
}

const NO_TARGET =
  'Give one scope, or one job of it, as in ?target=example.com or ?target=example.com/http-archive.';
const BAD_TIME =
  'Give the time as in ?for=4h, with the units s, m, h, d and w, as in 90m or 1h30m; or leave it out.';
const BAD_REASON = 'Give at most one reason of at most 255 characters.';

export async function answerPause(
  { query }: FastifyRequest,
  reply: FastifyReply,
  { pause }: PauseOptions,
): Promise<FastifyReply> {
  const target = parameterOf(query, 'target');
  const time = parameterOf(query, 'for');
  const reason = parameterOf(query, 'reason');
  if (typeof target !== 'string') return problem(reply, 400, NO_TARGET);
  const ms = typeof time === 'string' ? durationOf(time) : null;
  if (time !== null && ms === null) return problem(reply, 400, BAD_TIME);
  if (reason === undefined) return problem(reply, 400, BAD_REASON);
  const terms = { ...(ms !== null && { ms }), ...(reason !== null && { reason }) };
  return answer(reply, () => pause(target, terms));
}

export async function answerResume(
  { query }: FastifyRequest,
  reply: FastifyReply,
  { resume }: PauseOptions,
): Promise<FastifyReply> {
  const target = parameterOf(query, 'target');
  if (typeof target !== 'string') return problem(reply, 400, NO_TARGET);
  return answer(reply, () => resume(target));
}

async function answer(reply: FastifyReply, work: () => Promise<Paused>): Promise<FastifyReply> {
  try {
    const done = await work();
    if ('unknown' in done) return problem(reply, 404, done.unknown);
    const { target, pause } = done;
    const { since, until = null, reason = null } = pause;
    return reply.code(200).send({ target, since, until, reason });
  } catch (error) {
    if (error instanceof StateError) return problem(reply, 503, error.message);
    throw error;
  }
}
