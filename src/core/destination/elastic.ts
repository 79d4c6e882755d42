import type { DestinationType } from './destination-type.ts';
import { HTTPS } from './https.ts';

/** A receiver like any other, with a name so that people find it; nothing in the URI tells which one it is. */
export const ELASTIC: DestinationType = {
  ...HTTPS,
  type: 'elastic',
  read: () => null,
};
