import { dataset } from './dataset.ts';

export const ACCOUNT_DATASETS = [
  dataset({
    name: 'audit_logs',
    types: {
      bool: 'ActionResult',
      'int or string': 'When',
      object: 'Metadata NewValue OldValue',
      string: 'ActionType ActorEmail ActorID ActorIP ActorType ID Interface OwnerID ResourceID ResourceType',
    },
    defaults:
      'ActionResult ActionType ActorEmail ActorID ActorIP ActorType ID Interface ResourceID ResourceType When',
  }),
  dataset({
    name: 'audit_logs_v2',
    types: {
      'int or string': 'ActionTimestamp',
      object: 'ActorTokenDetails Raw ResourceRequest ResourceResponse ResourceValue',
      string: `AccountID AccountName ActionDescription ActionResult ActionType ActorContext ActorEmail ActorID
        ActorIPAddress ActorType AuditLogID ResourceID ResourceProduct ResourceScope ResourceType ZoneID ZoneName`,
    },
    defaults: `AccountID ActionResult ActionTimestamp ActionType ActorContext ActorEmail AuditLogID ResourceID
      ResourceProduct ResourceType ZoneName`,
  }),
  dataset({
    name: 'access_requests',
    types: {
      'array[string]': 'TemporaryAccessApprovers',
      bool: 'Allowed',
      int: 'TemporaryAccessDuration',
      'int or string': 'CreatedAt',
      string: `Action AppDomain AppUUID Connection Country Email IPAddress PurposeJustificationPrompt
        PurposeJustificationResponse RayID UserUID`,
    },
    defaults: 'Action Allowed AppDomain AppUUID Connection Country CreatedAt Email IPAddress RayID UserUID',
  }),
  dataset({
    name: 'workers_trace_events',
    types: {
      'array[object]': 'Exceptions Logs',
      'array[string]': 'ScriptTags',
      int: 'CPUTimeMs EventTimestampMs WallTimeMs',
      object: 'Event ScriptVersion',
      string: 'DispatchNamespace Entrypoint EventType Outcome ScriptName',
    },
    defaults: 'Event EventTimestampMs EventType Exceptions Logs Outcome ScriptName',
  }),
  dataset({
    name: 'dns_firewall_logs',
    types: {
      bool: 'QueryDO QueryRD QueryTCP ResponseCached ResponseCachedStale',
      int: 'ClientResponseCode EDNSSubnetLength QuerySize QueryType UpstreamResponseCode UpstreamResponseTimeMs',
      'int or string': 'Timestamp',
      string: 'ClusterID ColoCode EDNSSubnet QueryName ResponseReason SourceIP UpstreamIP',
    },
    defaults: 'ClientResponseCode ClusterID QueryName QueryType ResponseCached SourceIP Timestamp',
  }),
  dataset({
    name: 'turnstile_events',
    types: {
      int: 'ASN BrowserMajor OSMajor',
      'int or string': 'Timestamp',
      string: 'Action BrowserName ClientIP CountryCode EventType Hostname OSName Sitekey UserAgent',
    },
    defaults: 'Action ClientIP EventType Hostname Sitekey Timestamp',
  }),
];
