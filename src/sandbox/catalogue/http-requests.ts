import { dataset } from './dataset.ts';

export const HTTP_REQUESTS = dataset({
  name: 'http_requests',
  types: {
    'array[int]': 'BotDetectionIDs ContentScanObjSizes FraudDetectionIDs',
    'array[string]': `BotDetectionTags BotTags ContentScanObjResults ContentScanObjTypes FraudDetectionTags
      SecurityActions SecurityRuleIDs SecuritySources WebAssetsLabelsManaged`,
    bool: 'CacheReserveUsed CacheTieredFill EdgeCFConnectingO2O WorkerSubrequest',
    float: 'EdgeResponseCompressionRatio',
    int: `BotScore CacheResponseBytes CacheResponseStatus ClientASN ClientRequestBytes ClientSrcPort ClientTCPRTTMs
      EdgeColoID EdgeResponseBodyBytes EdgeResponseBytes EdgeResponseStatus EdgeTimeToFirstByteMs
      OriginDNSResponseTimeMs OriginRequestHeaderSendDurationMs OriginResponseBytes OriginResponseDurationMs
      OriginResponseHeaderReceiveDurationMs OriginResponseStatus OriginResponseTime OriginTCPHandshakeDurationMs
      OriginTLSHandshakeDurationMs SmartRouteColoID UpperTierColoID WAFAttackScore WAFRCEAttackScore
      WAFSQLiAttackScore WAFXSSAttackScore WorkerCPUTime WorkerSubrequestCount WorkerWallTimeUs`,
    'int or string': 'EdgeEndTimestamp EdgeStartTimestamp',
    object: 'Cookies JA4Signals RequestHeaders ResponseHeaders',
    string: `BotScoreSrc CacheCacheStatus ClientCity ClientCountry ClientDeviceType ClientIP ClientIPClass
      ClientLatitude ClientLongitude ClientMTLSAuthCertFingerprint ClientMTLSAuthStatus ClientRegionCode
      ClientRequestHost ClientRequestMethod ClientRequestPath ClientRequestProtocol ClientRequestReferer
      ClientRequestScheme ClientRequestSource ClientRequestURI ClientRequestUserAgent ClientSSLCipher
      ClientSSLProtocol ClientXRequestedWith EdgeColoCode EdgePathingOp EdgePathingSrc EdgePathingStatus
      EdgeRequestHost EdgeResponseContentType EdgeServerIP FraudAttack FraudEmailRisk FraudUserID JA3Hash JA4
      JSDetectionPassed LeakedCredentialCheckResult OriginIP OriginResponseHTTPExpires
      OriginResponseHTTPLastModified OriginSSLProtocol ParentRayID PayPerCrawlStatus RayID SecurityAction
      SecurityRuleDescription SecurityRuleID VerifiedBotCategory WAFFlags WAFMatchedVar WebAssetsOperationID
      WorkerScriptName WorkerStatus ZoneName`,
  },
  defaults: `ClientIP ClientRequestHost ClientRequestMethod ClientRequestURI EdgeEndTimestamp EdgeResponseBytes
    EdgeResponseStatus EdgeStartTimestamp RayID`,
  deprecated: 'CacheResponseStatus OriginResponseBytes OriginResponseTime WAFFlags WAFMatchedVar',
});
