import type { CloudflareError } from '../../reconcile/errors.ts';
import type { FailureMeaning } from '../../reconcile/failure-kinds.ts';

/**
 * What a call is to Cloudflare.
 *
 * - `read`: a GET, or a query in GraphQL.
 * - `write`: a PUT or DELETE: the same twice is the same once.
 * - `check`: a POST that changes no job, but may write to the destination.
 * - `create`: a POST that makes something. It is sent again only where Cloudflare surely did not carry it
 *   out: nothing was sent, a 429, or a refusal in an envelope (`reliability.md` invariant 10).
 */
export type Nature = 'read' | 'write' | 'check' | 'create';

/** `blip`: Cloudflare at times refuses a good token for a moment (`cloudflare-api.md` §8.2). */
export type Advice = 'stop' | 'backoff' | 'blip' | 'rate-limit';

/**
 * How an answer says no: `refusal` in an envelope with errors; `bare` without a word of why; `page`: nothing that
 * Cloudflare's API would send, as from a proxy.
 */
export type AnswerForm = 'refusal' | 'bare' | 'page';

export const ANY_FORM: readonly AnswerForm[] = ['refusal', 'bare', 'page'];

/** Which answers a row is about. All that is given holds; code and text are of one and the same error. */
export interface Condition {
  /** Any form where absent: `refusal`. */
  readonly forms?: readonly AnswerForm[];
  /** A status, or the hundred that it is in. */
  readonly statuses?: readonly (number | '4xx' | '5xx')[];
  readonly codes?: readonly number[];
  readonly text?: RegExp;
  readonly natures?: readonly Nature[];
}

export interface ErrorRow extends FailureMeaning {
  /** Stable; the first column of docs/errors.md. */
  readonly name: string;
  readonly when: Condition;
  /** A text of Cloudflare, recorded or documented; the changing part as `…`. */
  readonly example?: string;
  /** Whether sending the same again can help. */
  readonly advice?: Advice;
  /** An answer to a create that may mean that it was carried out before. */
  readonly isDoubtful?: true;
}

export interface Answered {
  readonly form: AnswerForm;
  readonly status: number | undefined;
  readonly errors: readonly CloudflareError[];
  readonly nature: Nature;
}

export function isMet(
  { forms = ['refusal'], statuses, codes, text, natures }: Condition,
  { form, status, errors, nature }: Answered,
): boolean {
  if (!forms.includes(form)) return false;
  if (natures !== undefined && !natures.includes(nature)) return false;
  if (statuses !== undefined && !statuses.some((one) => isOfStatus(one, status))) return false;
  if (codes === undefined && text === undefined) return true;
  return errors.some(({ code, message }) => (codes?.includes(code) ?? true) && (text?.test(message) ?? true));
}

function isOfStatus(expected: number | string, status: number | undefined): boolean {
  return expected === status || (status !== undefined && expected === `${Math.floor(status / 100)}xx`);
}
