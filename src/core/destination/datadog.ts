import { destinationType } from './destination-type.ts';

export const DATADOG = destinationType({
  type: 'datadog',
  place: 'datadog://{endpoint}/api/v2/logs',
  params: [
    { key: 'api_key', name: 'header_DD-API-KEY', formerly: 'header_DD-API_KEY', secret: true },
    { key: 'ddsource', name: 'ddsource', optional: true },
    { key: 'service', name: 'service', optional: true },
    { key: 'host', name: 'host', optional: true },
    { key: 'ddtags', name: 'ddtags', optional: true },
  ],
  batch: { receiver: 'Datadog', rule: 'fixed', bytes: 5_000_000, records: 1_000 },
});
