import { lostOptions } from '../../core/job/body.ts';
import { assumedEqual, differencesOf } from '../../core/job/diff.ts';
import type { JobFields, LiveJob } from '../../core/job/job.ts';
import {
  ChangedError,
  NotFoundError,
  UnknownOutcomeError,
  UnusableAnswerError,
} from '../../reconcile/errors.ts';
import type { LogpushReader, LogpushWriter } from '../../reconcile/ports.ts';
import type { Caller, Success } from './call.ts';
import { messageOf, refusalAsVerdict } from './checks.ts';
import { below, jobSegment } from './endpoint.ts';
import { isMissing } from './failure.ts';
import { jobOf } from './listing.ts';
import { cleanerFor } from './redaction.ts';
import { isObject } from './wire.ts';

export function createWriter(call: Caller, reader: Pick<LogpushReader, 'getJob'>): LogpushWriter {
  return {
    async createJob(scope, body, options) {
      const action = `create ${jobLabel(body)} in ${scope.name}`;
      const spec = {
        action,
        nature: 'create',
        method: 'POST',
        ...below(scope, 'jobs'),
        body,
        isOfItsMoment: true,
      } as const;
      const answer = await call(spec, options);
      const job = jobOf(answer.result);
      if (job === null) throw doubtful(action, 'the answer says success but holds no job', answer);
      return { job, ray: answer.ray };
    },

    async updateJob(scope, id, body, options) {
      const { seen, freshMs } = options;
      const action = `update job ${id} in ${scope.name}`;
      const endpoint = below(scope, `jobs/${jobSegment(id)}`, 'jobs/{id}');
      let found: LiveJob | null = null;
      const isDone = async (): Promise<boolean> => {
        const live = await reader.getJob(scope, id, options);
        if (live === null) throw new NotFoundError({ action, cause: 'it is gone since' });
        found = holds(body, live) ? live : null;
        if (found === null) refuseToTakeAway(lostOptions(body, live.fields, seen?.fields), id);
        return found !== null;
      };
      const timed = freshMs === undefined ? {} : { freshMs };
      const put = call(
        { action, nature: 'write', method: 'PUT', ...endpoint, body, isDone, ...timed },
        options,
      );
      const { job, ray, isSpoilt } = await writtenOf(put, id);
      const written = job ?? found;
      if (written !== null) return { job: written, ray };
      // Cloudflare may answer without the job, or something between us and it spoilt the answer.
      // The write is under way until this is known, also while the process is ending.
      const live = await reader.getJob(scope, id, { ...options, starting: options.signal });
      if (live === null) throw new NotFoundError({ action, cause: 'it is gone since' });
      return { job: live, ray, ...(isSpoilt && { isGuessed: true }) };
    },

    async deleteJob(scope, id, options) {
      const action = `delete job ${id} in ${scope.name}`;
      const endpoint = below(scope, `jobs/${jobSegment(id)}`, 'jobs/{id}');
      try {
        const { isGone: isDone = async () => (await reader.getJob(scope, id, options)) === null, freshMs } =
          options;
        const { ray } = await call(
          { action, nature: 'write', method: 'DELETE', ...endpoint, isDone, ...(freshMs && { freshMs }) },
          options,
        );
        return { ray };
      } catch (error) {
        if (isMissing(error)) return { ray: error.ray };
        throw error;
      }
    },

    async requestOwnership(scope, destination, options) {
      const action = `request an ownership challenge in ${scope.name}`;
      const body = { destination_conf: destination };
      const spec = { action, nature: 'create', method: 'POST', ...below(scope, 'ownership'), body } as const;
      return challengeOf(call(spec, options), action);
    },
  };
}

/** What somebody has added since the body was made is not in it, and `output_options` are replaced whole. */
function refuseToTakeAway(options: readonly string[], id: number): void {
  if (options.length === 0) return;
  throw new ChangedError(
    `${options.join(', ')} of job ${id} turned up or changed while an update of it had no answer`,
  );
}

/** Whether it shows all that an update sets. */
function holds(body: JobFields, { fields }: LiveJob): boolean {
  return differencesOf(body, fields, []).length === 0 && assumedEqual(body, fields, []).length === 0;
}

/** The job's name for people; a name may hold anything. */
function jobLabel({ name }: JobFields): string {
  return typeof name === 'string' && name !== '' ? `job "${cleanerFor([])(name).slice(0, 80)}"` : 'a job';
}

interface PutAnswer {
  readonly job: LiveJob | null;
  readonly ray: string | undefined;
  /** Nothing says that it came from Cloudflare. */
  readonly isSpoilt: boolean;
}

async function writtenOf(put: Promise<Success>, id: number): Promise<PutAnswer> {
  try {
    const { result, ray } = await put;
    const job = jobOf(result);
    return { job: job?.id === id ? job : null, ray, isSpoilt: false };
  } catch (error) {
    const spoilt = error instanceof UnusableAnswerError && (error.status ?? 200) < 300;
    if (!spoilt) throw error;
    return { job: null, ray: error.ray, isSpoilt: true };
  }
}

async function challengeOf(
  asked: Promise<Success>,
  action: string,
): Promise<Awaited<ReturnType<LogpushWriter['requestOwnership']>>> {
  try {
    const answer = await asked;
    const { result } = answer;
    if (!isObject(result)) throw doubtful(action, 'the answer says success but holds no verdict', answer);
    const { filename, valid } = result;
    const name = typeof filename === 'string' ? filename : '';
    // Success with `valid: false` is a refusal; older answers leave `valid` out.
    const good = valid === true || (valid === undefined && name !== '');
    return { valid: good, message: messageOf(answer), filename: name };
  } catch (error) {
    return { ...refusalAsVerdict(error), filename: '' };
  }
}

function doubtful(action: string, cause: string, { status, ray }: Success): UnknownOutcomeError {
  return new UnknownOutcomeError({ action, cause, status, ...(ray === undefined ? {} : { ray }) });
}
