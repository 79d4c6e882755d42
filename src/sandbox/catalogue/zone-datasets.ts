import { dataset } from './dataset.ts';

export const ZONE_DATASETS = [
  dataset({
    name: 'firewall_events',
    types: {
      'array[int]': 'ContentScanObjSizes',
      'array[string]': `AISecurityPIICategories AISecurityUnsafeTopicCategories ContentScanObjResults
        ContentScanObjTypes FirewallForAIPIICategories FirewallForAIUnsafeTopicCategories`,
      int: `AISecurityInjectionScore AISecurityTokenCount ClientASN EdgeResponseStatus FirewallForAIInjectionScore
        FirewallForAITokenCount MatchIndex OriginResponseStatus`,
      'int or string': 'Datetime',
      object: 'Metadata',
      string: `Action ClientASNDescription ClientCountry ClientIP ClientIPClass ClientRefererHost ClientRefererPath
        ClientRefererQuery ClientRefererScheme ClientRequestHost ClientRequestMethod ClientRequestPath
        ClientRequestProtocol ClientRequestQuery ClientRequestScheme ClientRequestUserAgent Description EdgeColoCode
        FraudUserID Kind LeakedCredentialCheckResult OriginatorRayID RayID Ref RuleID Source`,
    },
    defaults: `Action ClientASN ClientASNDescription ClientCountry ClientIP ClientRequestHost ClientRequestMethod
      ClientRequestPath ClientRequestQuery Datetime EdgeResponseStatus Kind RayID RuleID Source`,
    deprecated: `FirewallForAIInjectionScore FirewallForAIPIICategories FirewallForAITokenCount
      FirewallForAIUnsafeTopicCategories`,
  }),
  dataset({
    name: 'dns_logs',
    types: {
      bool: 'ResponseCached',
      int: 'EDNSSubnetLength QueryType ResponseCode',
      'int or string': 'Timestamp',
      string: 'ColoCode EDNSSubnet QueryName SourceIP',
    },
    defaults: 'ColoCode QueryName QueryType ResponseCached ResponseCode SourceIP Timestamp',
  }),
  dataset({
    name: 'spectrum_events',
    types: {
      bool: 'IpFirewall',
      int: 'ClientAsn ClientBytes ClientPort ClientTcpRtt OriginBytes OriginPort OriginTcpRtt Status',
      'int or string': 'ConnectTimestamp DisconnectTimestamp Timestamp',
      string: `Application ClientCountry ClientIP ClientMatchedIpFirewall ClientProto ClientTlsCipher
        ClientTlsClientHelloServerName ClientTlsProtocol ClientTlsStatus ColoCode Event OriginIP OriginProto
        OriginTlsCipher OriginTlsFingerprint OriginTlsMode OriginTlsProtocol OriginTlsStatus ProxyProtocol`,
    },
    defaults:
      'Application ClientAsn ClientBytes ClientCountry ClientIP ColoCode Event OriginBytes Status Timestamp',
  }),
  dataset({
    name: 'nel_reports',
    types: {
      int: 'ClientIPASN',
      'int or string': 'Timestamp',
      string: 'ClientIPASNDescription ClientIPCountry LastKnownGoodColoCode Phase Type',
    },
    defaults: 'ClientIPASN ClientIPASNDescription ClientIPCountry LastKnownGoodColoCode Phase Timestamp Type',
  }),
  dataset({
    name: 'page_shield_events',
    types: {
      bool: 'URLContainsCDNCGIPath',
      'int or string': 'Timestamp',
      string: 'Action CSPDirective Host PageURL PolicyID ResourceType URL URLHost',
    },
    defaults: 'Action Host PageURL PolicyID ResourceType Timestamp URL',
    deprecated: 'URLContainsCDNCGIPath',
  }),
  dataset({
    name: 'zaraz_events',
    types: {
      'int or string': 'TimestampStart',
      object: 'Body EventDetails RequestHeaders',
      string: 'EventType IP URL',
    },
    defaults: 'EventDetails EventType IP TimestampStart URL',
  }),
  dataset({
    name: 'websocket_analytics',
    types: {
      int: `BytesReceivedClient BytesReceivedOrigin BytesSentClient BytesSentOrigin ClientASN
        ConnectionTransportCloseCode`,
      'int or string': 'EdgeEndTimestamp EdgeStartTimestamp',
      string: `ClientIP ClientRequestHost ClientRequestPath ClientRequestUserAgent ColoCode ConnectionCloseReason
        ConnectionCloseSource ConnectionID RayID`,
    },
    defaults: 'ClientIP ClientRequestHost ClientRequestPath EdgeEndTimestamp EdgeStartTimestamp RayID',
  }),
];
