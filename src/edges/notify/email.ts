import type { Notice } from '../../core/alert/alert.ts';
import { headlineOf, plainText } from '../../core/alert/notice-text.ts';
import { cleanText, shorten } from '../../core/render/foreign-text.ts';
import { type Delivery, NotDelivered, type Receiver } from './receiver.ts';
import type { EmailSpec, SpecOf } from './receiver-spec.ts';

/** SMTP. Plain text: there is no markup that a foreign text could close. */
export const email: Receiver<SpecOf<'email'>> = {
  most: 50,
  async deliver(notices, spec, delivery) {
    const { createTransport } = await import('nodemailer');
    const transport = createTransport(connectionOf(spec, delivery));
    const end = (): void => transport.close();
    delivery.signal.addEventListener('abort', end, { once: true });
    try {
      const sending = transport.sendMail({
        ...messageOf(notices, spec),
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const sent: { readonly response?: string } = await Promise.race([
        sending,
        untilAborted(delivery.signal),
      ]);
      return shorten(cleanText(sent.response ?? ''), 200);
    } catch (error) {
      throw delivery.signal.aborted ? delivery.signal.reason : failureOf(error);
    } finally {
      delivery.signal.removeEventListener('abort', end);
      end();
    }
  },
};

function connectionOf(
  { host, port, tls, username, password, timeoutMs }: SpecOf<'email'>,
  { reveal }: Delivery,
) {
  // The time of the delivery counts; these would say something else when they came first.
  const afterOurs = 2 * timeoutMs;
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(username !== undefined &&
      password !== undefined && { auth: { user: reveal(username), pass: reveal(password) } }),
    connectionTimeout: afterOurs,
    greetingTimeout: afterOurs,
    socketTimeout: afterOurs,
  };
}

/** Mails about one alert make one thread; the id of a mail stays the same however often it is sent. */
function messageOf(notices: readonly Notice[], { from, to }: EmailSpec) {
  const [first] = notices;
  const thread =
    notices.length === 1 && first !== undefined ? `<${first.alert.fingerprint}@logpushd.invalid>` : undefined;
  return {
    from,
    to: [...to],
    subject: `logpushd ${headlineOf(notices)}`,
    text: `${notices.map(plainText).join('\n\n')}\n`,
    messageId: `<${first?.id}.${notices.length}@logpushd.invalid>`,
    ...(thread !== undefined && { references: thread, inReplyTo: thread }),
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

const CAUSES: { readonly [code: string]: string } = {
  EAUTH: 'it refuses user name and password',
  ENOAUTH: 'it wants user name and password',
  ETLS: 'it offers no encryption that can be trusted',
  ECONNECTION: 'it cannot be reached',
  ESOCKET: 'it cannot be reached, or the connection broke',
  ETIMEDOUT: 'it did not answer in time',
  EDNS: 'its name is not known',
  EENVELOPE: 'it refuses sender or recipient',
  EMESSAGE: 'it refuses the mail',
};

/** The answer of the server is the only part of a foreign error that is shown. */
function failureOf(error: unknown): NotDelivered {
  const code = textOf(error, 'code') ?? 'no code';
  const status = Number(textOf(error, 'responseCode') ?? Number.NaN);
  const said = textOf(error, 'response');
  const cause = CAUSES[code] ?? `the mail was not sent (${code})`;
  const text = `${cause}${said === undefined ? '' : `: "${shorten(cleanText(said), 200)}"`}`;
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'ETLS') return new NotDelivered('settings', text);
  return new NotDelivered(status >= 500 ? 'refused' : 'passing', text);
}

function textOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
