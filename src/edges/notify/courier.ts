import type { Notice } from '../../core/alert/alert.ts';
import { cleanText } from '../../core/render/foreign-text.ts';
import type { Scrub } from '../../core/render/shown-value.ts';
import { answerText, type HttpAnswer, NotDelivered, type Send } from './receiver.ts';
import type { ReceiverSpec } from './receiver-spec.ts';
import { tell } from './receivers.ts';
import { revealed, type RevealPorts } from './written.ts';

export interface CourierOptions extends RevealPorts {
  readonly send: Send;
  /** What stands before `docs/runbook.md`; empty: alerts have no link. */
  readonly runbooks: string;
  /** Takes secrets out of what a receiver answered. */
  readonly scrub: Scrub;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What became of one message. `said` is fit to be shown. */
export type Outcome =
  | { readonly isDelivered: true; readonly said: string }
  | {
      readonly isDelivered: false;
      readonly said: string;
      readonly kind: NotDelivered['kind'];
      readonly retryAfterMs: number | null;
    };

/** Takes one message to one receiver, within its time. Never rejects: a bug of a receiver must not end the loop. */
export async function carry(
  notices: readonly Notice[],
  spec: ReceiverSpec,
  options: CourierOptions,
  stop: AbortSignal,
): Promise<Outcome> {
  const { send, scrub, now } = options;
  const shown = (text: string): string => cleanText(scrub(text));
  const limit = AbortSignal.timeout(spec.timeoutMs);
  const signal = AbortSignal.any([stop, limit]);
  try {
    const reveal = await revealed(Object.values(spec), options);
    const said = await tell(spec, linked(notices, options.runbooks), {
      reveal,
      exchange: async (request) => {
        refuseUnlessAddress(request.url);
        const answer = await send({ ...request, timeoutMs: spec.timeoutMs }, signal);
        if (answer.kind !== 'answer') throw new NotDelivered('passing', answer.cause);
        return accepted(answer, now());
      },
      now: now(),
      signal,
    });
    return { isDelivered: true, said: shown(said) };
  } catch (error) {
    const failure = signal.aborted ? late(stop, spec) : error;
    const { kind, message, retryAfterMs } = failure instanceof NotDelivered ? failure : ofBug(failure);
    return { isDelivered: false, said: shown(message), kind, retryAfterMs };
  }
}

/** To the section of the runbook about its reason, wherever the runbook is by now. */
function linked(notices: readonly Notice[], runbooks: string): readonly Notice[] {
  if (runbooks === '') return notices;
  return notices.map((notice) => {
    const runbook = `${runbooks}docs/runbook.md#${notice.alert.reason.toLowerCase()}`;
    return { ...notice, alert: { ...notice.alert, runbook } };
  });
}

function late(stop: AbortSignal, { timeoutMs }: ReceiverSpec): NotDelivered {
  return new NotDelivered(
    'passing',
    stop.aborted ? 'logpushd was stopped' : `it did not answer within ${timeoutMs / 1000} s`,
  );
}

function ofBug(error: unknown): NotDelivered {
  const name = error instanceof Error ? error.name : 'no error';
  return new NotDelivered('refused', `a bug of logpushd (${name}); report it`);
}

/** The address may come out of a secret, which only this moment reads. It is not shown. @throws NotDelivered */
function refuseUnlessAddress(url: string): void {
  const parsed = URL.parse(url);
  if (parsed !== null && ['http:', 'https:'].includes(parsed.protocol)) return;
  const what =
    'its url, or what stands in the secret or variable that it names, is not an http or https address';
  throw new NotDelivered('settings', `${what}; write it as in "https://alerts.example.com"`);
}

/** @throws NotDelivered unless it is a yes; what it means follows from the status alone. */
function accepted(answer: HttpAnswer, now: number): HttpAnswer {
  const { status } = answer;
  if (status >= 200 && status < 300) return answer;
  const text = answerText(answer);
  if (status < 400)
    throw new NotDelivered('settings', `${text}; it leads elsewhere: write the final address`);
  if (status >= 500 || [408, 425, 429].includes(status)) {
    throw new NotDelivered('passing', text, retryAfterIn(answer, now));
  }
  const isOfSettings = [401, 403, 404, 405, 410].includes(status);
  // GitHub says by a 403 with that header that it is asked too often.
  const retryAfterMs = retryAfterIn(answer, now);
  throw new NotDelivered(
    isOfSettings && retryAfterMs === null ? 'settings' : isOfSettings ? 'passing' : 'refused',
    text,
    retryAfterMs,
  );
}

/** Seconds or a date. */
function retryAfterIn({ headers }: HttpAnswer, now: number): number | null {
  const text = headers['retry-after'];
  if (text === undefined) return null;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
