import { dataset } from './dataset.ts';

export const GATEWAY_DATASETS = [
  dataset({
    name: 'gateway_dns',
    types: {
      'array[int]': `CNAMECategoryIDs EDEErrors InitialCategoryIDs MatchedCategoryIDs MatchedIndicatorFeedIDs
        QueryApplicationIDs QueryCategoryIDs QueryIndicatorFeedIDs RequestContextCategoryIDs ResolvedIPCategoryIDs
        UpstreamRecordTTLs`,
      'array[object]': 'RData ResourceRecords',
      'array[string]': `AuthoritativeNameServerIPs CNAMECategoryNames CNAMEs CNAMEsReversed InitialCategoryNames
        InitialResolvedIPs MatchedCategoryNames MatchedIndicatorFeedNames QueryApplicationNames QueryCategoryNames
        QueryIndicatorFeedNames RequestContextCategoryNames ResolvedIPCategoryNames ResolvedIPContinentCodes
        ResolvedIPCountryCodes ResolvedIPs`,
      bool: 'IsResponseCached',
      int: `ApplicationID AppliedMaxTTL ColoID CustomResolveDurationMs DstPort InternalDNSDurationMs InternalDNSRCode
        QuerySize QueryType RCode ResponseTimeMs SrcPort`,
      'int or string': 'Datetime',
      string: `AccountID ApplicationName ColoCode CustomResolverAddress CustomResolverPolicyID
        CustomResolverPolicyName CustomResolverResponse DeviceID DeviceName DoHSubdomain DoTSubdomain DstIP Email
        InternalDNSFallbackStrategy InternalDNSViewID InternalDNSZoneID Location LocationID Policy PolicyID
        PolicyName Protocol QueryID QueryName QueryNameReversed QueryTypeName RedirectTargetURI RegistrationID
        ResolverDecision ResolverPolicyID ResolverPolicyName ResourceRecordsJSON SrcIP SrcIPContinentCode
        SrcIPCountryCode TenantID TimeZone TimeZoneInferredMethod UserID`,
    },
    defaults: `ColoCode Datetime DeviceID DstIP Email Location PolicyID Protocol QueryName QueryTypeName RCode
      ResolvedIPs ResolverDecision SrcIP UserID`,
    deprecated: 'CustomResolverPolicyID CustomResolverPolicyName Policy RData',
  }),
  dataset({
    name: 'gateway_http',
    types: {
      'array[int]': 'ApplicationIDs CategoryIDs',
      'array[string]': `AddedHeaders ApplicationNames ApplicationStatuses CategoryNames DeletedHeaders
        DownloadMatchedDlpProfileEntries DownloadMatchedDlpProfiles DownloadedFileNames SetHeaders
        UploadMatchedDlpProfileEntries UploadMatchedDlpProfiles UploadedFileNames Warnings`,
      bool: 'IsIsolated Quarantined',
      int: 'BlockedFileSize DestinationPort HTTPStatusCode SourcePort',
      'int or string': 'Datetime',
      object: 'AppControlInfo FileInfo',
      string: `AccountID Action BlockedFileHash BlockedFileName BlockedFileReason BlockedFileType DestinationIP
        DestinationIPContinentCode DestinationIPCountryCode DeviceID DeviceName Email ForensicCopyStatus HTTPHost
        HTTPMethod HTTPVersion PolicyID PolicyName PrivateAppAUD ProxyEndpoint RedirectTargetURI Referer
        RegistrationID RequestID SessionID SourceIP SourceIPContinentCode SourceIPCountryCode SourceInternalIP
        TenantID URL UntrustedCertificateAction UserAgent UserID VirtualNetworkID VirtualNetworkName`,
    },
    defaults: `AccountID Action Datetime DestinationIP DeviceID Email HTTPHost HTTPMethod HTTPStatusCode PolicyID
      RequestID SourceIP URL UserAgent UserID`,
  }),
  dataset({
    name: 'gateway_network',
    types: {
      'array[int]': 'ApplicationIDs CategoryIDs',
      'array[string]': 'ApplicationNames CategoryNames',
      int: 'DestinationPort OverridePort SourcePort',
      'int or string': 'Datetime',
      string: `AccountID Action DestinationIP DestinationIPContinentCode DestinationIPCountryCode DetectedProtocol
        DeviceID DeviceName Email OverrideIP PolicyID PolicyName ProxyEndpoint RegistrationID SNI SessionID SourceIP
        SourceIPContinentCode SourceIPCountryCode SourceInternalIP TenantID Transport TransportProtocol UserID
        VirtualNetworkID VirtualNetworkName`,
    },
    defaults: `AccountID Action Datetime DestinationIP DestinationPort DeviceID Email PolicyID SNI SessionID SourceIP
      TransportProtocol UserID`,
    deprecated: 'Transport',
  }),
];
