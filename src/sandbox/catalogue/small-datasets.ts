import { dataset, type Dataset } from './dataset.ts';

/** Datasets of which the sandbox keeps only the fields that any user of them would name. */
export const SMALL_DATASETS: readonly Dataset[] = [
  small('account_abuse_protection_events', 'Timestamp', 'Action ClientIP RayID UserID'),
  small('biso_user_actions', 'Timestamp', 'AccountID Decision DomainName Type URL UserEmail UserID'),
  small('casb_findings', 'DetectedTimestamp', 'AssetDisplayName AssetID FindingTypeID FindingTypeName'),
  small('device_posture_results', 'Timestamp', 'ClientVersion DeviceID DeviceName Email PolicyID UserUID'),
  small('dex_application_tests', 'Timestamp', 'AccountID DeviceID TestID TestType'),
  small('dex_device_state_events', 'Timestamp', 'AccountID ClientPlatform DeviceID DeviceName Mode'),
  small('dlp_forensic_copies', 'Datetime', 'AccountID ForensicCopyID GatewayRequestID Payload Phase'),
  small('email_security_alerts', 'Timestamp', 'AlertID FinalDisposition From MessageID Subject To'),
  small('email_security_post_delivery_events', 'Timestamp', 'AlertID MessageID Operation Status'),
  small('ipsec_logs', 'Timestamp', 'EventType TunnelID TunnelName'),
  small('magic_bgp_logs', 'Timestamp', 'EventType PeerIP TunnelID'),
  small('magic_ids_detections', 'Timestamp', 'Action ColoCode DestinationIP Protocol SignatureID SourceIP'),
  small('mcp_portal_logs', 'Datetime', 'Method PortalID ServerID UserEmail'),
  small('mnm_flow_logs', 'Timestamp', 'DestinationAddress EthernetType Protocol RouterIP SourceAddress'),
  small('sinkhole_http_logs', 'Timestamp', 'AccountID Host Method R2Path SinkholeID SrcIP URI UserAgent'),
  small('ssh_logs', 'ClientConnectTimestamp', 'AccountID Email ProgramType ServerAddress SessionID'),
  small('warp_config_changes', 'Timestamp', 'AccountID DeviceID DeviceName SettingsNew SettingsOld'),
  small('warp_toggle_changes', 'Timestamp', 'AccountID Action DeviceID DeviceName UserEmail'),
  small('zero_trust_network_sessions', 'SessionStartTime', 'AccountID DestinationIP DeviceID Email SourceIP'),
];

function small(name: string, time: string, strings: string): Dataset {
  return dataset({
    name,
    types: { 'int or string': time, string: strings },
    defaults: `${time} ${strings}`,
  });
}
