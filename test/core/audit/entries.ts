import type { AuditedAction, Author } from '../../../src/core/audit/action.ts';
import type { JsonObject } from '../../../src/core/job/job.ts';

export const ZONE = '0123456789abcdef0123456789abcdef';
export const ACCOUNT = 'fedcba9876543210fedcba9876543210';
export const AT = '2026-11-23T10:41:02.000Z';

/** An edit of job 7 in the dashboard, as `GET /accounts/{id}/logs/audit` lists it. */
export function listed(parts: { readonly [part: string]: JsonObject } = {}): JsonObject {
  const whole: { readonly [part: string]: JsonObject } = {
    account: { id: ACCOUNT, name: 'Acme' },
    action: { description: 'Update job', result: 'success', time: AT, type: 'update' },
    actor: { id: 'u1', context: 'dash', email: 'ada@example.com', ip_address: '203.0.113.7', type: 'user' },
    raw: {
      cf_ray_id: '8f00c0ffee',
      method: 'PUT',
      status_code: 200,
      uri: `/client/v4/zones/${ZONE}/logpush/jobs/7`,
      user_agent: 'Mozilla/5.0',
    },
    resource: { id: '7', product: 'logpush', scope: 'zones', type: 'logpush_job' },
    zone: { id: ZONE, name: 'example.com' },
  };
  const merged = Object.entries(whole).map(([name, part]) => [name, { ...part, ...parts[name] }]);
  return { id: 'entry-1', ...Object.fromEntries(merged) };
}

/** The same as a row of the Logpush dataset `audit_logs_v2`. */
export function row(parts: JsonObject = {}): JsonObject {
  return {
    AccountID: ACCOUNT,
    ActionResult: 'success',
    ActionTimestamp: AT,
    ActionType: 'update',
    ActorContext: 'dash',
    ActorEmail: 'ada@example.com',
    ActorIPAddress: '203.0.113.7',
    ActorType: 'user',
    AuditLogID: 'entry-1',
    Raw: {
      CfRayID: '8f00c0ffee',
      Method: 'PUT',
      StatusCode: 200,
      URI: `/client/v4/zones/${ZONE}/logpush/jobs/7`,
      UserAgent: 'Mozilla/5.0',
    },
    ResourceID: '7',
    ResourceProduct: 'logpush',
    ResourceType: 'logpush_job',
    ZoneID: ZONE,
    ...parts,
  };
}

export const ADA: Author = {
  email: 'ada@example.com',
  way: 'dashboard',
  tokenId: null,
  tokenName: null,
  address: '203.0.113.7',
  agent: 'Mozilla/5.0',
  ray: '8f00c0ffee',
};

export function anAction(parts: Partial<AuditedAction> = {}): AuditedAction {
  return {
    event: 'entry-1',
    at: Date.parse(AT),
    scope: { kind: 'zone', id: ZONE },
    job: 7,
    action: 'update',
    by: ADA,
    ...parts,
  };
}
