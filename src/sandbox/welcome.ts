import { FAULT_KINDS } from './faults.ts';
import type { CloudflareModel } from './model/cloudflare.ts';

/** The page at `/`: what runs here and how to try it. */
export function welcome(model: CloudflareModel, origin: string, needsToken: boolean): string {
  const zones = model.zones();
  const first = zones[0];
  const token = needsToken ? 'YOUR-TOKEN' : 'any';
  const auth = `-H 'Authorization: Bearer ${token}'`;
  const jobs = `${origin}/client/v4/zones/${first?.id ?? 'ZONE_ID'}/logpush/jobs`;
  const list = zones.map((zone) => `  ${zone.id}  ${zone.name}  (${model.jobs(zone.id).length} jobs)`);
  const accounts = model.accounts().map((account) => `  ${account.id}  ${account.name}`);
  return `logpushd sandbox: a Cloudflare Logpush API that lives in this process. Nothing here reaches Cloudflare.

API base     ${origin}/client/v4
Credential   ${needsToken ? 'the token it was started with' : 'any token'}

Zones
${list.join('\n') || '  none'}
Accounts
${accounts.join('\n') || '  none'}

Try it
  curl ${auth} ${jobs}
  curl ${auth} -X POST ${jobs} \\
    -d '{"name":"http","dataset":"http_requests","enabled":true,"destination_conf":"https://logs.example.com/in"}'

Turn it
  curl -X PATCH ${origin}/sandbox/switches -d '{"secrets":"masked"}'
  curl -X POST ${origin}/sandbox/faults -d '{"method":"POST","path":"/zones/*/logpush/jobs","outcome":{"kind":"drop","when":"after"}}'
  curl -X POST ${origin}/sandbox/destinations -d '{"match":"logs.example.com","fail":true,"code":1105}'
  curl -X POST ${origin}/sandbox/time -d '{"advance_ms":86400000}'
  curl ${origin}/sandbox/requests
  curl -X POST ${origin}/sandbox/reset

Faults: ${FAULT_KINDS.join(', ')}.
`;
}
