/** The rest of `documented-fields.ts`: datasets of accounts about devices, browsers, mail and networks. */
export const ACCOUNT_TEXTS: { readonly [dataset: string]: { readonly [type: string]: string } } = {
  biso_user_actions: {
    'int or string': 'Timestamp',
    string: 'AccountID Decision DomainName Metadata Type URL UserEmail UserID',
  },
  dex_application_tests: {
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
  },
  dex_device_state_events: {
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
  },
  dlp_forensic_copies: {
    'int or string': 'Datetime',
    object: 'Headers',
    string: 'AccountID ForensicCopyID GatewayRequestID Payload Phase TriggeredRuleID',
  },
  email_security_alerts: {
    'array[object]': 'Attachments',
    'array[string]': 'AlertReasons BCC CC CCName Links SMTPEnvelopeTo ThreatCategories To ToName',
    'int or string': 'Timestamp',
    string: `AlertID DKIMResult DMARCPolicy DMARCResult FinalDisposition From FromName
      MessageDeliveryMode MessageID Origin OriginalSender ReplyTo ReplyToName SMTPEnvelopeFrom
      SMTPHeloServerIP SMTPHeloServerIPAsName SMTPHeloServerIPAsNumber SMTPHeloServerIPGeo
      SMTPHeloServerName SPFResult Subject`,
  },
  ipsec_logs: {
    int: 'LocalPort RemotePort',
    'int or string': 'Timestamp',
    string: 'Level LocalIP Message RemoteIP',
  },
  mnm_flow_logs: {
    int: `Bits DestinationAS DestinationPort EgressBits EgressPackets Ethertype NumFlows Packets
      Protocol SampleRate SourceAS SourcePort TcpFlags`,
    'int or string': 'FlowTimestamp Timestamp',
    string: `AWSVPCFlowJSON DestinationAddress DeviceID FlowProtocol PacketID RuleIDs SampleRateType
      SamplerAddress SourceAddress`,
  },
  warp_config_changes: {
    'int or string': 'Timestamp',
    string: `AccountIDFrom AccountIDTo AccountNameFrom AccountNameTo ConfigNameFrom ConfigNameTo DeviceID
      DeviceRegistrationID Hostname SerialNumber`,
  },
  warp_toggle_changes: {
    bool: 'Toggled',
    'int or string': 'Timestamp',
    string: `AccountID AccountName DeviceID DeviceRegistrationID Hostname SerialNumber UserEmail`,
  },
  zero_trust_network_sessions: {
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
  },
};
