import { Secret } from '../../src/core/secret.ts';
import { createBudget } from '../../src/edges/cloudflare/budget.ts';
import { timeoutsFrom } from '../../src/edges/cloudflare/call.ts';
import { createLogpushApi } from '../../src/edges/cloudflare/client.ts';
import type { Transport } from '../../src/edges/cloudflare/transport.ts';
import type { Clock, LogpushApi } from '../../src/reconcile/ports.ts';
import type { CloudflareModel } from '../../src/sandbox/model/cloudflare.ts';

/** The real client on the sandbox's model, with nothing but a function call in between. */
export function sandboxApi(model: CloudflareModel): {
  readonly api: LogpushApi;
  readonly calls: readonly string[];
} {
  const calls: string[] = [];
  const transport: Transport = {
    async send({ method, url, headers, body = '' }) {
      const { pathname, search } = new URL(url);
      calls.push(`${method} ${pathname}`);
      const lowered = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const answer = model.handle({ method, target: pathname + search, headers: lowered, body });
      return { kind: 'answer', status: answer.status, headers: answer.headers, body: answer.body };
    },
  };
  const clock = tickingClock();
  const api = createLogpushApi({
    baseUrl: 'http://sandbox.invalid/client/v4',
    credentials: { kind: 'token', token: new Secret('cfut_token-of-the-laws-0123456789') },
    transport,
    timeouts: timeoutsFrom(20_000),
    random: () => 0.5,
    budget: createBudget({ requests: 1_000_000, windowSeconds: 1, share: 1 }, clock),
    clock,
  });
  return { api, calls };
}

/** Time passes only by being waited for. */
function tickingClock(): Clock {
  let ms = 0;
  return {
    now: () => Date.UTC(2026, 0, 1) + ms,
    monotonic: () => ms,
    sleep: async (wait) => {
      ms += wait;
    },
  };
}
