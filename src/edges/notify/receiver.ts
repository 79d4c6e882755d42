import type { Notice } from '../../core/alert/alert.ts';
import { cleanText, shorten } from '../../core/render/foreign-text.ts';
import type { Written } from './receiver-spec.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Absolute; it may be a credential. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends one request, follows no redirect, and never rejects for a failure of the network. */
export type Send = (
  request: HttpRequest & { readonly timeoutMs: number },
  signal: AbortSignal,
) => Promise<
  HttpAnswer | { readonly kind: 'not-sent' | 'not-trusted' | 'unknown' | 'unusable'; readonly cause: string }
>;

/** What a receiver has to tell people with. */
export interface Delivery {
  /** What a text of the settings stands for. */
  readonly reveal: (written: Written) => string;
  /** Resolves to an answer that says yes. @throws NotDelivered */
  readonly exchange: (request: HttpRequest) => Promise<HttpAnswer>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** How one kind of receiver is told. */
export interface Receiver<Spec> {
  /** How many notices make one message. */
  readonly most: number;
  /** Resolves to what the receiver answered. Only ever sent again as a whole. @throws NotDelivered */
  deliver(notices: readonly Notice[], spec: Spec, delivery: Delivery): Promise<string>;
}

/**
 * Why a receiver was not told.
 *
 * - `passing`: it may take the same later.
 * - `settings`: it will when somebody corrects its settings or secret.
 * - `refused`: it says no to this very message.
 */
export class NotDelivered extends Error {
  readonly kind: 'passing' | 'settings' | 'refused';
  /** As the receiver asked. */
  readonly retryAfterMs: number | null;

  constructor(kind: NotDelivered['kind'], message: string, retryAfterMs: number | null = null) {
    super(message);
    this.name = 'NotDelivered';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

export function json(value: unknown): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** As in `HTTP 202, "Accepted"`. */
export function answerText({ status, body }: HttpAnswer): string {
  const said = shorten(cleanText(body.trim()), 200);
  return `HTTP ${status}${said === '' ? '' : `, "${said}"`}`;
}

/** A 2xx that this vendor does not give: somebody else answered. @throws NotDelivered */
export function expectAnswer(answer: HttpAnswer, isExpected: boolean, expected: string): string {
  if (isExpected) return answerText(answer);
  const why = `${answerText(answer)}, where ${expected} is expected; the address may lead somewhere else`;
  throw new NotDelivered('settings', why);
}

/** The object that a body holds; empty where it is none. */
export function jsonIn({ body }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** With one slash between, whatever the first part ends with. */
export function under(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}${path}`;
}
