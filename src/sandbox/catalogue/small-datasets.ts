import { dataset, type Dataset, type DatasetText } from './dataset.ts';

/** Of some the sandbox keeps only the fields that any user of them would name. Which are given by default is not documented. */
export const SMALL_DATASETS: readonly Dataset[] = [
  small('biso_user_actions', 'Timestamp', 'AccountID Decision DomainName Type URL UserEmail UserID'),
  small('casb_findings', 'DetectedTimestamp', 'AssetDisplayName AssetID FindingTypeID FindingTypeName'),
  small('dex_application_tests', 'Timestamp', 'AccountID DeviceID TestID TestType'),
  small('dex_device_state_events', 'Timestamp', 'AccountID ClientPlatform DeviceID DeviceName Mode'),
  small('dlp_forensic_copies', 'Datetime', 'AccountID ForensicCopyID GatewayRequestID Payload Phase'),
  small('email_security_alerts', 'Timestamp', 'AlertID FinalDisposition From MessageID Subject To'),
  small('ipsec_logs', 'Timestamp', 'EventType TunnelID TunnelName'),
  small('mnm_flow_logs', 'Timestamp', 'DestinationAddress EthernetType Protocol RouterIP SourceAddress'),
  small('warp_config_changes', 'Timestamp', 'AccountID DeviceID DeviceName SettingsNew SettingsOld'),
  small('warp_toggle_changes', 'Timestamp', 'AccountID Action DeviceID DeviceName UserEmail'),
  small('zero_trust_network_sessions', 'SessionStartTime', 'AccountID DestinationIP DeviceID Email SourceIP'),
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
