import type { ScopeKind } from '../job/job.ts';

const ZONE: readonly ScopeKind[] = ['zone'];
const ACCOUNT: readonly ScopeKind[] = ['account'];
const BOTH: readonly ScopeKind[] = ['zone', 'account'];

/**
 * The datasets known to this release and where their jobs live (`cloudflare-api.md` §4). Cloudflare adds some
 * every few weeks, so what is missing here is a warning, never an error.
 */
export const DATASETS: ReadonlyMap<string, readonly ScopeKind[]> = new Map([
  ...[
    'account_abuse_protection_events',
    'dns_logs',
    'http_requests',
    'nel_reports',
    'page_shield_events',
    'spectrum_events',
    'zaraz_events',
  ].map((name) => [name, ZONE] as const),
  ...['firewall_events', 'websocket_analytics'].map((name) => [name, BOTH] as const),
  ...[
    'access_requests',
    'audit_logs',
    'audit_logs_v2',
    'biso_user_actions',
    'casb_findings',
    'device_posture_results',
    'dex_application_tests',
    'dex_device_state_events',
    'dlp_forensic_copies',
    'dns_firewall_logs',
    'email_security_alerts',
    'email_security_post_delivery_events',
    'gateway_dns',
    'gateway_http',
    'gateway_network',
    'ipsec_logs',
    'magic_bgp_logs',
    'magic_ids_detections',
    'mcp_portal_logs',
    'mnm_flow_logs',
    'network_analytics_logs',
    'sinkhole_http_logs',
    'ssh_logs',
    'turnstile_events',
    'warp_config_changes',
    'warp_toggle_changes',
    'workers_trace_events',
    'zero_trust_network_sessions',
  ].map((name) => [name, ACCOUNT] as const),
]);
