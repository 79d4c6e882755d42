import { describe, expect, it } from 'vitest';
import { CredentialWatch } from '../../../src/reconcile/credential/watch.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import type { TokenStatus } from '../../../src/reconcile/ports.ts';
import { aDesiredJob, aDesiredScope, aScope } from '../../builders.ts';
import { NOT_ALLOWED, planned } from '../../edges/events.ts';
import { ManualClock } from '../../manual-clock.ts';

const DAY = 86_400_000;
const NEVER = new AbortController().signal;

/** @param answer what Cloudflare says of the token to whoever asks for the user or for an account */
function aWatch(answer: (account: string | undefined) => string | undefined = () => undefined) {
  const clock = new ManualClock();
  const told: ReconcileEvent[] = [];
  const watch = new CredentialWatch({
    clock,
    reader: {
      verifyToken: async (account): Promise<TokenStatus> => ({
        id: 't',
        status: 'active',
        expiresOn: answer(account),
      }),
    },
    accounts: { of: async () => [{ id: 'acme', name: 'Acme' }] },
    emit: (event) => told.push(event),
  });
  const daysAhead = (days: number): string => new Date(clock.now() + days * DAY).toISOString();
  const expiring = (): readonly unknown[] =>
    told.flatMap((event) => (event.type === 'credential.expiring' ? [event.credential.withinDays] : []));
  return { clock, told, watch, daysAhead, expiring };
}

function look(end: string): ReconcileEvent {
  const destination = `azure://logs/http?sv=2024-11-04&se=${end}&sig=c2VjcmV0`;
  const job = aDesiredJob({ name: 'http', fields: { destination_conf: destination } });
  return planned({ desired: aDesiredScope({ jobs: [job] }) });
}

describe('a signature that comes to its end', () => {
  it('is told once for each step, and anew after it was renewed', async () => {
    const { clock, watch, daysAhead, expiring } = aWatch();
    const end = daysAhead(31);
    const lookAfter = async (days: number, until = end): Promise<void> => {
      await clock.advance(days * DAY);
      watch.emit(look(until));
      watch.emit(look(until));
    };
    await lookAfter(0);
    expect(expiring()).toEqual([]);
    await lookAfter(2);
    expect(expiring()).toEqual([30]);
    await lookAfter(23);
    await lookAfter(5);
    await lookAfter(2);
    expect(expiring()).toEqual([30, 7, 1, 0]);
    const renewed = daysAhead(5);
    await lookAfter(0, renewed);
    expect(expiring()).toEqual([30, 7, 1, 0, 7]);
  });

  it('is told without anything of its secret', () => {
    const { watch, daysAhead, told } = aWatch();
    watch.emit(look(daysAhead(3)));
    expect(JSON.stringify(told)).not.toContain('c2VjcmV0');
  });
});

describe('the end of the API token', () => {
  it('is asked of the account where the token is not one of a user', async () => {
    const bench = aWatch((account) => {
      if (account === undefined) throw NOT_ALLOWED;
      return bench.daysAhead(6);
    });
    bench.watch.emit({ type: 'scopes.known', scopes: [aScope()] });
    await bench.watch.lookAtToken(NEVER);
    expect(bench.told).toMatchObject([
      { type: 'token.examined', credential: { kind: 'api_token', withinDays: 7 } },
      { type: 'credential.expiring', scope: null, credential: { withinDays: 7 } },
    ]);
  });

  it('is nothing for a token without one', async () => {
    const { watch, told } = aWatch();
    await watch.lookAtToken(NEVER);
    expect(told).toEqual([{ type: 'token.examined', credential: null }]);
  });

  it('is not said to be gone where Cloudflare does not answer', async () => {
    const { watch, told } = aWatch(() => {
      throw NOT_ALLOWED;
    });
    await watch.lookAtToken(NEVER);
    expect(told).toEqual([]);
  });
});
