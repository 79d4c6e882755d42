import { behind, FLAG } from './codec.ts';
import { destinationType } from './destination-type.ts';

/** The HTTP Event Collector. All four parameters are required. */
export const SPLUNK = destinationType({
  type: 'splunk',
  place: 'splunk://{endpoint}/services/collector/raw',
  params: [
    { key: 'channel', name: 'channel' },
    { key: 'insecure_skip_verify', name: 'insecure-skip-verify', codec: FLAG, fallback: 'false' },
    { key: 'sourcetype', name: 'sourcetype' },
    { key: 'token', name: 'header_Authorization', codec: behind('Splunk '), secret: true },
  ],
});
