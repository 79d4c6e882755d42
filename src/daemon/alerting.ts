import { type Alert, fingerprintOf, noticeOf } from '../core/alert/alert.ts';
import type { Secret } from '../core/secret.ts';
import type { Scrub } from '../core/render/shown-value.ts';
import { referencesFor } from '../compose.ts';
import { axiosTransport } from '../edges/cloudflare/transport.ts';
import { carry, type CourierOptions, type Outcome } from '../edges/notify/courier.ts';
import { Heartbeat } from '../edges/notify/heartbeat.ts';
import { Outbox } from '../edges/notify/outbox.ts';
import type { ReceiverSpec } from '../edges/notify/receiver-spec.ts';
import { AlertCenter } from '../reconcile/alert/center.ts';
import type { Clock, Emit, Random, StateStore } from '../reconcile/ports.ts';
import { packageVersion } from '../schemas.ts';
import type { Settings } from '../settings.ts';

export interface Discretion {
  readonly onSecret: (secret: Secret) => void;
  readonly scrub: Scrub;
}

export interface AlertingOptions extends Discretion {
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly state: Pick<StateStore, 'load' | 'save'>;
}

/** What tells people, put together for the daemon. */
export interface Alerting {
  /** Subscribe this to the loop's events. */
  readonly emit: Emit;
  /** What waits is kept for the next start. */
  readonly close: () => Promise<void>;
}

/** Call it only while this process holds the state. @throws StateError */
export async function openAlerting(settings: Settings, options: AlertingOptions): Promise<Alerting> {
  const { clock, random, emit, scrub } = options;
  const courier = courierOf(settings, options, () => clock.now());
  const outbox = await Outbox.open({
    receivers: settings.alerts,
    store: options.state,
    carry: (notices, spec, stop) => carry(notices, spec, courier, stop),
    clock,
    random,
    emit,
  });
  const center = new AlertCenter({ clock, sink: outbox, scrub, state: outbox.standing });
  const heartbeat =
    settings.heartbeat.url === null
      ? null
      : new Heartbeat({
          ...courier,
          spec: { ...settings.heartbeat, url: settings.heartbeat.url },
          clock,
          emit,
        });
  return {
    emit(event) {
      center.emit(event);
      heartbeat?.emit(event);
    },
    async close() {
      center.close();
      await Promise.all([outbox.close(), heartbeat?.close()]);
    },
  };
}

function courierOf(settings: Settings, { onSecret, scrub }: Discretion, now: () => number): CourierOptions {
  const environment = settings.environment.reveal();
  const transport = axiosTransport({ version: packageVersion(), environment });
  const send: CourierOptions['send'] = (request, signal) => transport.send(request, signal);
  const { runbooks } = settings;
  return { send, references: referencesFor(settings, onSecret), runbooks, onSecret, scrub, now };
}

/** What became of a message that only shows whether a receiver can be told. */
export interface TestResult {
  readonly receiver: ReceiverSpec;
  readonly status: 'firing' | 'resolved';
  readonly outcome: Outcome;
}

/** Tells each receiver that something is wrong, and then that it is over; the second only if it took the first. */
export async function testReceivers(
  settings: Settings,
  receivers: readonly ReceiverSpec[],
  discretion: Discretion,
  options: { readonly now: () => number; readonly signal: AbortSignal },
): Promise<readonly TestResult[]> {
  const courier = courierOf(settings, discretion, options.now);
  const alert = testAlert(options.now());
  const results = receivers.map(async (receiver) => {
    const tell = async (status: TestResult['status']): Promise<TestResult> => {
      const notice = noticeOf(alert, status, options.now());
      return { receiver, status, outcome: await carry([notice], receiver, courier, options.signal) };
    };
    const first = await tell('firing');
    return first.outcome.isDelivered ? [first, await tell('resolved')] : [first];
  });
  return (await Promise.all(results)).flat();
}

/** Of a name of its own each time: it must not be taken for one of before. */
function testAlert(now: number): Alert {
  const since = new Date(now).toISOString();
  return {
    fingerprint: fingerprintOf('DriftDetected', ['logpushd alert test', since]),
    reason: 'DriftDetected',
    severity: 'warning',
    summary: 'This is a test by "logpushd alert test": nothing was changed',
    detail:
      'Real alerts say here what moved, as in: Cloudflare has -> the manifest wants: enabled: false -> true.',
    next: 'Nothing. A message that it is over follows.',
    labels: { kind: 'zone', zone: 'test.invalid', logpush_job: 'test' },
    count: 1,
    subjects: [],
    since,
  };
}
