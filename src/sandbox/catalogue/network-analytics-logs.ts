import { dataset } from './dataset.ts';

export const NETWORK_ANALYTICS_LOGS = dataset({
  name: 'network_analytics_logs',
  types: {
    int: `DestinationASN DestinationPort GREChecksum GREEtherType GREHeaderLength GREKey GRESequenceNumber GREVersion
      ICMPChecksum ICMPCode ICMPType IPFragmentOffset IPHeaderLength IPMoreFragments IPProtocol IPTTL IPTTLBuckets
      IPTotalLength IPTotalLengthBuckets IPv4Checksum IPv4DSCP IPv4DontFragment IPv4ECN IPv4Identification IPv6DSCP
      IPv6ECN IPv6FlowLabel IPv6Identification SampleInterval SourceASN SourcePort TCPAcknowledgementNumber
      TCPChecksum TCPDataOffset TCPFlags TCPMSS TCPSACKPermitted TCPSequenceNumber TCPTimestampECR
      TCPTimestampValue TCPUrgentPointer TCPWindowScale TCPWindowSize UDPChecksum UDPPayloadLength`,
    'int or string': 'Datetime',
    string: `AttackCampaignID AttackID AttackVector ColoCity ColoCode ColoCountry ColoGeoHash ColoName
      DestinationASNName DestinationCountry DestinationGeoHash Direction IPDestinationAddress IPDestinationSubnet
      IPProtocolName IPSourceAddress IPSourceSubnet IPv4Options IPv6ExtensionHeaders MitigationReason
      MitigationScope MitigationSystem Outcome ProtocolState RuleID RuleName RulesetID RulesetOverrideID
      SourceASNName SourceCountry SourceGeoHash TCPFlagsString TCPOptions TCPSACKBlocks Verdict`,
  },
  defaults: `AttackID AttackVector ColoCode Datetime DestinationPort Direction IPDestinationAddress IPProtocolName
    IPSourceAddress MitigationSystem Outcome RuleID SourcePort Verdict`,
});
