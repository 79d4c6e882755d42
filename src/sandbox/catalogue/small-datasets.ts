import { dataset, type Dataset, type DatasetText } from './dataset.ts';

/** Of some the sandbox keeps only the fields that any user of them would name. Which are given by default is not documented. */
export const SMALL_DATASETS: readonly Dataset[] = [
  whole('biso_user_actions', {
    'int or string': 'Timestamp',
    string: 'AccountID Decision DomainName Metadata Type URL UserEmail UserID',
  }),
  small('casb_findings', 'DetectedTimestamp', 'AssetDisplayName AssetID FindingTypeID FindingTypeName'),
  whole('dex_application_tests', {
    'array[object]': 'TracerouteHops',
    int: `HTTPClientIPASN HTTPConnectEndMs HTTPConnectStartMs HTTPDomainLookupEndMs
      HTTPDomainLookupStartMs HTTPRequestStartMs HTTPResponseBodyBytes HTTPResponseEndMs
      HTTPResponseHeaderBytes HTTPResponseStartMs HTTPSecureConnectionStartMs HTTPServerIPASN
      HTTPStatusCode TracerouteDestinationIPASN TracerouteDurationMs TracerouteMaxTTL
      TracerouteSize TracerouteSourceIPASN`,
    'int or string': 'Timestamp TracerouteTimeEnd',
    string: `AccountID ClientPlatform ClientVersion ColoCode DeviceID DeviceRegistrationID
      ExecutionContext HTTPClientIPASO HTTPClientIPAddress HTTPClientIPCity HTTPClientIPCountryISO
      HTTPClientIPNetmask HTTPClientIPStateISO HTTPClientIPVersion HTTPClientIPZip
      HTTPErrorMessage HTTPMethod HTTPServerIPASO HTTPServerIPAddress HTTPServerIPCity
      HTTPServerIPCountryISO HTTPServerIPNetmask HTTPServerIPStateISO HTTPServerIPVersion
      HTTPServerIPZip HTTPURL TestID TestType TracerouteDestinationHostname
      TracerouteDestinationIPASO TracerouteDestinationIPAddress TracerouteDestinationIPCity
      TracerouteDestinationIPCountryISO TracerouteDestinationIPNetmask
      TracerouteDestinationIPStateISO TracerouteDestinationIPVersion TracerouteDestinationIPZip
      TracerouteProtocol TracerouteSourceIPASO TracerouteSourceIPAddress TracerouteSourceIPCity
      TracerouteSourceIPCountryISO TracerouteSourceIPNetmask TracerouteSourceIPStateISO
      TracerouteSourceIPVersion TracerouteSourceIPZip TracerouteStatus TracerouteVersion
      TunnelType UserEmail UserID`,
  }),
  whole('dex_device_state_events', {
    'array[object]': 'CPUPercentageByApp RAMUsedPercentageByApp',
    bool: 'AlwaysOn AppFirewallEnabled BatteryCharging FirewallEnabled SwitchLocked',
    float: 'BatteryPercentage CPUPercentage DiskUsagePercentage RAMUsedPercentage',
    int: `BatteryCycles DiskReadBPS DiskWriteBPS HandshakeLatencyMs ISPIPv4ASN ISPIPv6ASN
      NetworkReceivedBPS NetworkSentBPS RAMAvailableKB WiFiStrengthDBM`,
    'int or string': 'Timestamp',
    object: 'ExperimentalExtra TunnelStatsDownstream TunnelStatsUpstream',
    string: `AccountID ClientPlatform ClientVersion ConnectionType DeviceID DeviceIPv4Address
      DeviceIPv4Netmask DeviceIPv6Address DeviceIPv6Netmask DeviceRegistrationID
      DeviceRegistrationProfileID DoHSubdomain GatewayIPv4Address GatewayIPv4Netmask
      GatewayIPv6Address GatewayIPv6Netmask ISPIPv4ASO ISPIPv4Address ISPIPv4City
      ISPIPv4CountryISO ISPIPv4Netmask ISPIPv4StateISO ISPIPv4Zip ISPIPv6ASO ISPIPv6Address
      ISPIPv6City ISPIPv6CountryISO ISPIPv6Netmask ISPIPv6StateISO ISPIPv6Zip Mode NetworkSSID
      Status TunnelType WarpColoCode`,
  }),
  whole('dlp_forensic_copies', {
    'int or string': 'Datetime',
    object: 'Headers',
    string: 'AccountID ForensicCopyID GatewayRequestID Payload Phase TriggeredRuleID',
  }),
  whole('email_security_alerts', {
    'array[object]': 'Attachments',
    'array[string]': 'AlertReasons BCC CC CCName Links SMTPEnvelopeTo ThreatCategories To ToName',
    'int or string': 'Timestamp',
    string: `AlertID DKIMResult DMARCPolicy DMARCResult FinalDisposition From FromName
      MessageDeliveryMode MessageID Origin OriginalSender ReplyTo ReplyToName SMTPEnvelopeFrom
      SMTPHeloServerIP SMTPHeloServerIPAsName SMTPHeloServerIPAsNumber SMTPHeloServerIPGeo
      SMTPHeloServerName SPFResult Subject`,
  }),
  whole('ipsec_logs', {
    int: 'LocalPort RemotePort',
    'int or string': 'Timestamp',
    string: 'Level LocalIP Message RemoteIP',
  }),
  whole('mnm_flow_logs', {
    int: `Bits DestinationAS DestinationPort EgressBits EgressPackets Ethertype NumFlows Packets
      Protocol SampleRate SourceAS SourcePort TcpFlags`,
    'int or string': 'FlowTimestamp Timestamp',
    string: `AWSVPCFlowJSON DestinationAddress DeviceID FlowProtocol PacketID RuleIDs SampleRateType
      SamplerAddress SourceAddress`,
  }),
  whole('warp_config_changes', {
    'int or string': 'Timestamp',
    string: `AccountIDFrom AccountIDTo AccountNameFrom AccountNameTo ConfigNameFrom ConfigNameTo DeviceID
      DeviceRegistrationID Hostname SerialNumber`,
  }),
  whole('warp_toggle_changes', {
    bool: 'Toggled',
    'int or string': 'Timestamp',
    string: `AccountID AccountName DeviceID DeviceRegistrationID Hostname SerialNumber UserEmail`,
  }),
  whole('zero_trust_network_sessions', {
    bool: 'ConnectionReuse',
    int: `BytesReceived BytesSent ClientTCPHandshakeDurationMs ClientTLSHandshakeDurationMs EgressPort
      OriginPort OriginTLSHandshakeDurationMs RuleEvaluationDurationMs SourcePort`,
    'int or string': 'SessionEndTime SessionStartTime',
    string: `AccountID ClientTLSCipher ClientTLSVersion ConnectionCloseReason DestinationTunnelID
      DetectedProtocol DeviceID DeviceName EgressColoName EgressIP EgressRuleID EgressRuleName
      Email IngressColoName InitialOriginIP Offramp OriginIP OriginTLSCertificateIssuer
      OriginTLSCertificateValidationResult OriginTLSCipher OriginTLSVersion Protocol
      RegistrationID ResolvedFQDN SNI SessionID SourceIP SourceInternalIP TenantID UserID
      VirtualNetworkID`,
  }),
  whole('device_posture_results', {
    bool: 'PostureEvaluatedResult',
    'int or string': 'Timestamp',
    object: 'PostureExpectedJSON PostureReceivedJSON',
    string: `ClientVersion DeviceID DeviceManufacturer DeviceModel DeviceName DeviceSerialNumber DeviceType
      Email OSVersion PolicyID PostureCheckName PostureCheckType RegistrationID UserUID`,
  }),
  whole('magic_bgp_logs', {
    'int or string': 'EventTimestamp',
    object: 'EventData',
    string: 'Direction EventKind TunnelID TunnelName',
  }),
  whole('magic_ids_detections', {
    int: 'DestinationPort SignatureID SignatureRevision SourcePort',
    'int or string': 'Timestamp',
    string: 'Action ColoCity ColoCode DestinationIP Protocol SignatureMessage SourceIP',
  }),
  whole('mcp_portal_logs', {
    bool: 'Success',
    int: 'ServerResponseDurationMs',
    'int or string': 'Datetime',
    string: `ClientCountry ClientIP ColoCode Error Method PortalAUD PortalID PromptGetName ResourceReadURI
      ServerAUD ServerID ServerURL SessionID ToolCallName UserEmail UserID`,
  }),
  whole('ssh_logs', {
    'int or string': `Datetime ProgramFinishDatetime ProgramStartDatetime SessionFinishDatetime SessionStartDatetime`,
    string: `AccountID ClientAddress Error PTY Payload ProgramID ProgramType ServerAddress SessionID TargetID
      UserEmail UserID Username`,
  }),
  whole('sinkhole_http_logs', {
    int: 'BodyLength',
    'int or string': 'Timestamp',
    string: `AccountID Body DestAddr Headers Host Method Password R2Path Referrer SinkholeID SrcAddr URI URL
      UserAgent Username`,
  }),
  whole('account_abuse_protection_events', {
    int: 'BotScore ClientASN',
    'int or string': 'Timestamp',
    string: `AuthenticationIdentityProvider AuthenticationMethod AuthenticationStatus ClientCity
      ClientCountry ClientIP Email EphemeralID EventSource EventType FraudEmailRisk Host JA4 RayID
      UserAgent UserID`,
  }),
  whole('email_security_post_delivery_events', {
    'array[string]': 'Reasons To',
    bool: 'Success',
    'int or string': 'CompletedAt MessageTimestamp RequestedAt',
    string: `AlertID Destination FinalDisposition Folder From FromName MessageID MicrosoftTenantID Operation
      PostfixID Recipient RequestedBy RequestedDisposition Status Subject`,
  }),
];

function small(name: string, time: string, strings: string): Dataset {
  return dataset({
    name,
    types: { 'int or string': time, string: strings },
    defaults: `${time} ${strings}`,
  });
}

function whole(name: string, types: DatasetText['types']): Dataset {
  return dataset({ name, types, defaults: Object.values(types).join(' ') });
}
