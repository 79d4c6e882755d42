import { destinationType } from './destination-type.ts';
import { always } from './rules.ts';

const FIXED = '/receiver/v1/http/';

/** The code in the path is the credential. Sumo Logic wants a source of its own for each job. */
export const SUMO = destinationType({
  type: 'sumo',
  place: `sumo://{endpoint}${FIXED}{code}`,
  secretPlaces: ['code'],
  rules: {
    openPath: (path) => (path.startsWith(FIXED) ? FIXED.length : 0),
    neverShown: ['path'],
    needsChallenge: always,
  },
});
