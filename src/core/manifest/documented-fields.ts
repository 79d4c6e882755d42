import { ACCOUNT_TEXTS } from './documented-account-fields.ts';

/**
 * Fields of datasets as Cloudflare documented them on {@link DOCUMENTED_ON}, for where nobody can be asked. Cloudflare adds
 * fields about weekly (`cloudflare-api.md` §4), so what is missing here is a warning and never an error. Only datasets of
 * which the whole list is documented are here: of any other nothing can be called unknown.
 */
export const DOCUMENTED_ON = '2026-09-30';

/** Dataset to type to names. `ZoneName` of firewall_events is one of accounts alone, which matters little for spelling. */
const TEXTS: { readonly [dataset: string]: { readonly [type: string]: string } } = {
  ...ACCOUNT_TEXTS,
  http_requests: {
    'array[int]': 'BotDetectionIDs ContentScanObjSizes FraudDetectionIDs',
    'array[string]': `BotDetectionTags BotTags ContentScanObjResults ContentScanObjTypes FraudDetectionTags
      SecurityActions SecurityRuleIDs SecuritySources WebAssetsLabelsManaged`,
    bool: 'CacheReserveUsed CacheTieredFill EdgeCFConnectingO2O WorkerSubrequest',
    float: 'EdgeResponseCompressionRatio',
    int: `BotScore CacheResponseBytes CacheResponseStatus ClientASN ClientRequestBytes ClientSrcPort
      ClientTCPRTTMs EdgeColoID EdgeResponseBodyBytes EdgeResponseBytes EdgeResponseStatus
      EdgeTimeToFirstByteMs OriginDNSResponseTimeMs OriginRequestHeaderSendDurationMs
      OriginResponseBytes OriginResponseDurationMs OriginResponseHeaderReceiveDurationMs
      OriginResponseStatus OriginResponseTime OriginTCPHandshakeDurationMs
      OriginTLSHandshakeDurationMs SmartRouteColoID UpperTierColoID WAFAttackScore WAFRCEAttackScore
      WAFSQLiAttackScore WAFXSSAttackScore WorkerCPUTime WorkerSubrequestCount WorkerWallTimeUs`,
    'int or string': 'EdgeEndTimestamp EdgeStartTimestamp',
    object: 'Cookies JA4Signals RequestHeaders ResponseHeaders',
    string: `BotScoreSrc CacheCacheStatus ClientCity ClientCountry ClientDeviceType ClientIP ClientIPClass
      ClientLatitude ClientLongitude ClientMTLSAuthCertFingerprint ClientMTLSAuthStatus
      ClientRegionCode ClientRequestHost ClientRequestMethod ClientRequestPath ClientRequestProtocol
      ClientRequestReferer ClientRequestScheme ClientRequestSource ClientRequestURI
      ClientRequestUserAgent ClientSSLCipher ClientSSLProtocol ClientXRequestedWith EdgeColoCode
      EdgePathingOp EdgePathingSrc EdgePathingStatus EdgeRequestHost EdgeResponseContentType
      EdgeServerIP FraudAttack FraudEmailRisk FraudUserID JA3Hash JA4 JSDetectionPassed
      LeakedCredentialCheckResult OriginIP OriginResponseHTTPExpires OriginResponseHTTPLastModified
      OriginSSLProtocol ParentRayID PayPerCrawlStatus RayID SecurityAction SecurityRuleDescription
      SecurityRuleID VerifiedBotCategory WAFFlags WAFMatchedVar WebAssetsOperationID
      WorkerScriptName WorkerStatus ZoneName`,
  },
  firewall_events: {
    'array[int]': 'ContentScanObjSizes',
    'array[string]': `AISecurityPIICategories AISecurityUnsafeTopicCategories ContentScanObjResults
      ContentScanObjTypes FirewallForAIPIICategories FirewallForAIUnsafeTopicCategories`,
    int: `AISecurityInjectionScore AISecurityTokenCount ClientASN EdgeResponseStatus
      FirewallForAIInjectionScore FirewallForAITokenCount MatchIndex OriginResponseStatus`,
    'int or string': 'Datetime',
    object: 'Metadata',
    string: `Action ClientASNDescription ClientCountry ClientIP ClientIPClass ClientRefererHost
      ClientRefererPath ClientRefererQuery ClientRefererScheme ClientRequestHost ClientRequestMethod
      ClientRequestPath ClientRequestProtocol ClientRequestQuery ClientRequestScheme
      ClientRequestUserAgent Description EdgeColoCode FraudUserID Kind LeakedCredentialCheckResult
      OriginatorRayID RayID Ref RuleID Source ZoneName`,
  },
  dns_logs: {
    bool: 'ResponseCached',
    int: 'EDNSSubnetLength QueryType ResponseCode',
    'int or string': 'Timestamp',
    string: 'ColoCode EDNSSubnet QueryName SourceIP',
  },
  spectrum_events: {
    bool: 'IpFirewall',
    int: `ClientAsn ClientBytes ClientPort ClientTcpRtt OriginBytes OriginPort OriginTcpRtt Status`,
    'int or string': 'ConnectTimestamp DisconnectTimestamp Timestamp',
    string: `Application ClientCountry ClientIP ClientMatchedIpFirewall ClientProto ClientTlsCipher
      ClientTlsClientHelloServerName ClientTlsProtocol ClientTlsStatus ColoCode Event OriginIP
      OriginProto OriginTlsCipher OriginTlsFingerprint OriginTlsMode OriginTlsProtocol
      OriginTlsStatus ProxyProtocol`,
  },
  zaraz_events: {
    'int or string': 'TimestampStart',
    object: 'Body EventDetails RequestHeaders',
    string: 'EventType IP URL',
  },
  audit_logs: {
    bool: 'ActionResult',
    'int or string': 'When',
    object: 'Metadata NewValue OldValue',
    string: `ActionType ActorEmail ActorID ActorIP ActorType ID Interface OwnerID ResourceID ResourceType`,
  },
  audit_logs_v2: {
    'int or string': 'ActionTimestamp',
    object: 'ActorTokenDetails Raw ResourceRequest ResourceResponse ResourceValue',
    string: `AccountID AccountName ActionDescription ActionResult ActionType ActorContext ActorEmail
      ActorID ActorIPAddress ActorType AuditLogID ResourceID ResourceProduct ResourceScope
      ResourceType ZoneID ZoneName`,
  },
  access_requests: {
    'array[string]': 'TemporaryAccessApprovers',
    bool: 'Allowed',
    int: 'TemporaryAccessDuration',
    'int or string': 'CreatedAt',
    string: `Action AppDomain AppUUID Connection Country Email IPAddress PurposeJustificationPrompt
      PurposeJustificationResponse RayID UserUID`,
  },
  workers_trace_events: {
    'array[object]': 'Exceptions Logs',
    'array[string]': 'ScriptTags',
    int: 'CPUTimeMs EventTimestampMs WallTimeMs',
    object: 'Event ScriptVersion',
    string: 'DispatchNamespace Entrypoint EventType Outcome ScriptName',
  },
  dns_firewall_logs: {
    bool: 'QueryDO QueryRD QueryTCP ResponseCached ResponseCachedStale',
    int: `ClientResponseCode EDNSSubnetLength QuerySize QueryType UpstreamResponseCode
      UpstreamResponseTimeMs`,
    'int or string': 'Timestamp',
    string: 'ClusterID ColoCode EDNSSubnet QueryName ResponseReason SourceIP UpstreamIP',
  },
  turnstile_events: {
    int: 'ASN BrowserMajor OSMajor',
    'int or string': 'Timestamp',
    string: 'Action BrowserName ClientIP CountryCode EventType Hostname OSName Sitekey UserAgent',
  },
  gateway_dns: {
    'array[int]': `CNAMECategoryIDs EDEErrors InitialCategoryIDs MatchedCategoryIDs MatchedIndicatorFeedIDs
      QueryApplicationIDs QueryCategoryIDs QueryIndicatorFeedIDs RequestContextCategoryIDs
      ResolvedIPCategoryIDs UpstreamRecordTTLs`,
    'array[object]': 'RData ResourceRecords',
    'array[string]': `AuthoritativeNameServerIPs CNAMECategoryNames CNAMEs CNAMEsReversed InitialCategoryNames
      InitialResolvedIPs MatchedCategoryNames MatchedIndicatorFeedNames QueryApplicationNames
      QueryCategoryNames QueryIndicatorFeedNames RequestContextCategoryNames ResolvedIPCategoryNames
      ResolvedIPContinentCodes ResolvedIPCountryCodes ResolvedIPs`,
    bool: 'IsResponseCached',
    int: `ApplicationID AppliedMaxTTL ColoID CustomResolveDurationMs DstPort InternalDNSDurationMs
      InternalDNSRCode QuerySize QueryType RCode ResponseTimeMs SrcPort`,
    'int or string': 'Datetime',
    string: `AccountID ApplicationName ColoCode CustomResolverAddress CustomResolverPolicyID
      CustomResolverPolicyName CustomResolverResponse DeviceID DeviceName DoHSubdomain DoTSubdomain
      DstIP Email InternalDNSFallbackStrategy InternalDNSViewID InternalDNSZoneID Location
      LocationID Policy PolicyID PolicyName Protocol QueryID QueryName QueryNameReversed
      QueryTypeName RedirectTargetURI RegistrationID ResolverDecision ResolverPolicyID
      ResolverPolicyName ResourceRecordsJSON SrcIP SrcIPContinentCode SrcIPCountryCode TenantID
      TimeZone TimeZoneInferredMethod UserID`,
  },
  gateway_http: {
    'array[int]': 'ApplicationIDs CategoryIDs',
    'array[string]': `AddedHeaders ApplicationNames ApplicationStatuses CategoryNames DeletedHeaders
      DownloadMatchedDlpProfileEntries DownloadMatchedDlpProfiles DownloadedFileNames SetHeaders
      UploadMatchedDlpProfileEntries UploadMatchedDlpProfiles UploadedFileNames Warnings`,
    bool: 'IsIsolated Quarantined',
    int: 'BlockedFileSize DestinationPort HTTPStatusCode SourcePort',
    'int or string': 'Datetime',
    object: 'AppControlInfo FileInfo',
    string: `AccountID Action BlockedFileHash BlockedFileName BlockedFileReason BlockedFileType
      DestinationIP DestinationIPContinentCode DestinationIPCountryCode DeviceID DeviceName Email
      ForensicCopyStatus HTTPHost HTTPMethod HTTPVersion PolicyID PolicyName PrivateAppAUD
      ProxyEndpoint RedirectTargetURI Referer RegistrationID RequestID SessionID SourceIP
      SourceIPContinentCode SourceIPCountryCode SourceInternalIP TenantID URL
      UntrustedCertificateAction UserAgent UserID VirtualNetworkID VirtualNetworkName`,
  },
  gateway_network: {
    'array[int]': 'ApplicationIDs CategoryIDs',
    'array[string]': 'ApplicationNames CategoryNames',
    int: 'DestinationPort OverridePort SourcePort',
    'int or string': 'Datetime',
    string: `AccountID Action DestinationIP DestinationIPContinentCode DestinationIPCountryCode
      DetectedProtocol DeviceID DeviceName Email OverrideIP PolicyID PolicyName ProxyEndpoint
      RegistrationID SNI SessionID SourceIP SourceIPContinentCode SourceIPCountryCode
      SourceInternalIP TenantID Transport TransportProtocol UserID VirtualNetworkID
      VirtualNetworkName`,
  },
  network_analytics_logs: {
    int: `DestinationASN DestinationPort GREChecksum GREEtherType GREHeaderLength GREKey
      GRESequenceNumber GREVersion ICMPChecksum ICMPCode ICMPType IPFragmentOffset IPHeaderLength
      IPMoreFragments IPProtocol IPTTL IPTTLBuckets IPTotalLength IPTotalLengthBuckets IPv4Checksum
      IPv4DSCP IPv4DontFragment IPv4ECN IPv4Identification IPv6DSCP IPv6ECN IPv6FlowLabel
      IPv6Identification SampleInterval SourceASN SourcePort TCPAcknowledgementNumber TCPChecksum
      TCPDataOffset TCPFlags TCPMSS TCPSACKPermitted TCPSequenceNumber TCPTimestampECR
      TCPTimestampValue TCPUrgentPointer TCPWindowScale TCPWindowSize UDPChecksum UDPPayloadLength`,
    'int or string': 'Datetime',
    string: `AttackCampaignID AttackID AttackVector ColoCity ColoCode ColoCountry ColoGeoHash ColoName
      DestinationASNName DestinationCountry DestinationGeoHash Direction IPDestinationAddress
      IPDestinationSubnet IPProtocolName IPSourceAddress IPSourceSubnet IPv4Options
      IPv6ExtensionHeaders MitigationReason MitigationScope MitigationSystem Outcome ProtocolState
      RuleID RuleName RulesetID RulesetOverrideID SourceASNName SourceCountry SourceGeoHash
      TCPFlagsString TCPOptions TCPSACKBlocks Verdict`,
  },
  device_posture_results: {
    bool: 'PostureEvaluatedResult',
    'int or string': 'Timestamp',
    object: 'PostureExpectedJSON PostureReceivedJSON',
    string: `ClientVersion DeviceID DeviceManufacturer DeviceModel DeviceName DeviceSerialNumber DeviceType
      Email OSVersion PolicyID PostureCheckName PostureCheckType RegistrationID UserUID`,
  },
  magic_bgp_logs: {
    'int or string': 'EventTimestamp',
    object: 'EventData',
    string: 'Direction EventKind TunnelID TunnelName',
  },
  magic_ids_detections: {
    int: 'DestinationPort SignatureID SignatureRevision SourcePort',
    'int or string': 'Timestamp',
    string: 'Action ColoCity ColoCode DestinationIP Protocol SignatureMessage SourceIP',
  },
  mcp_portal_logs: {
    bool: 'Success',
    int: 'ServerResponseDurationMs',
    'int or string': 'Datetime',
    string: `ClientCountry ClientIP ColoCode Error Method PortalAUD PortalID PromptGetName ResourceReadURI
      ServerAUD ServerID ServerURL SessionID ToolCallName UserEmail UserID`,
  },
  ssh_logs: {
    'int or string': `Datetime ProgramFinishDatetime ProgramStartDatetime SessionFinishDatetime SessionStartDatetime`,
    string: `AccountID ClientAddress Error PTY Payload ProgramID ProgramType ServerAddress SessionID TargetID
      UserEmail UserID Username`,
  },
  sinkhole_http_logs: {
    int: 'BodyLength',
    'int or string': 'Timestamp',
    string: `AccountID Body DestAddr Headers Host Method Password R2Path Referrer SinkholeID SrcAddr URI URL
      UserAgent Username`,
  },
  account_abuse_protection_events: {
    int: 'BotScore ClientASN',
    'int or string': 'Timestamp',
    string: `AuthenticationIdentityProvider AuthenticationMethod AuthenticationStatus ClientCity
      ClientCountry ClientIP Email EphemeralID EventSource EventType FraudEmailRisk Host JA4 RayID
      UserAgent UserID`,
  },
  email_security_post_delivery_events: {
    'array[string]': 'Reasons To',
    bool: 'Success',
    'int or string': 'CompletedAt MessageTimestamp RequestedAt',
    string: `AlertID Destination FinalDisposition Folder From FromName MessageID MicrosoftTenantID Operation
      PostfixID Recipient RequestedBy RequestedDisposition Status Subject`,
  },
  websocket_analytics: {
    int: `BytesReceivedClient BytesReceivedOrigin BytesSentClient BytesSentOrigin ClientASN
      ConnectionTransportCloseCode`,
    'int or string': 'EdgeEndTimestamp EdgeStartTimestamp',
    string: `ClientIP ClientRequestHost ClientRequestPath ClientRequestUserAgent ColoCode
      ConnectionCloseReason ConnectionCloseSource ConnectionID RayID`,
  },
};

const DATASETS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries(TEXTS).map(([dataset, types]) => {
    const fields = Object.entries(types).flatMap(([type, names]) =>
      names.split(/\s+/).map((name) => [name, type] as const),
    );
    return [dataset, new Map(fields)];
  }),
);

/** Each field and its type, as in `int` or `array[string]`; undefined where the list of the dataset is not known whole. */
export function documentedFields(dataset: string): ReadonlyMap<string, string> | undefined {
  return DATASETS.get(dataset);
}
