import { oneOf } from './codec.ts';
import { destinationType } from './destination-type.ts';

const HOSTS = { us: 'log-api.newrelic.com', eu: 'log-api.eu.newrelic.com' };

/** Its path is the same for everybody; its key is in `Api-Key`. */
export const NEW_RELIC = destinationType({
  type: 'new-relic',
  place: 'https://{region}/log/v1',
  codecs: { region: oneOf(HOSTS) },
  params: [
    { key: 'api_key', name: 'Api-Key', secret: true },
    { key: 'format', name: 'format', fallback: 'cloudflare' },
  ],
});

export function isNewRelic(host: string): boolean {
  return Object.values(HOSTS).includes(host.toLowerCase().replace(/:443$/, ''));
}
