import { behind } from './codec.ts';
import { destinationType } from './destination-type.ts';

export const SENTINELONE = destinationType({
  type: 'sentinelone',
  place: 'sentinelone://{endpoint}/services/collector/raw',
  params: [
    { key: 'sourcetype', name: 'sourcetype' },
    { key: 'token', name: 'header_Authorization', codec: behind('Bearer '), secret: true },
  ],
});
