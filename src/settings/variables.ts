import type { Finding } from './finding.ts';
import { SETTING_KEYS, settingKey } from './key.ts';
import type { Layer, TypedText } from './layer.ts';
import { layerOfTexts } from './layer.ts';
import { suggestion } from '../core/manifest/nearest.ts';

export type Environment = { readonly [name: string]: string | undefined };

/** Variables of our own that are not the spelling of a key. */
const OTHER_VARIABLES = [
  'LOGPUSHD_HTTP_TOKEN',
  'LOGPUSHD_HTTP_TOKEN_FILE',
  'LOGPUSHD_INGEST_TOKEN',
  'LOGPUSHD_INGEST_TOKEN_FILE',
];

/** The name that Cloudflare's own tools use; `LOGPUSHD_CLOUDFLARE_BASE_URL` beats it. */
const BASE_URL_VARIABLE = 'CLOUDFLARE_BASE_URL';

/** Settings from the environment. An empty variable counts as not set: containers pass them on that way. */
export function readVariables(environment: Environment): Layer {
  const texts: TypedText[] = [];
  const add = (place: string, path: string): void => {
    const text = environment[place];
    if (text !== undefined && text.trim() !== '') texts.push({ key: settingKey(path), text, place });
  };
  add(BASE_URL_VARIABLE, 'cloudflare.base_url');
  for (const { variable, path } of SETTING_KEYS) add(variable, path);
  const layer = layerOfTexts(texts);
  const findings = [
    ...layer.findings,
    ...uncheckedCertificates(environment),
    ...unknownVariables(environment),
  ];
  return { given: layer.given, findings };
}

/** Node's own switch; what it lets in would be sent the credential. */
function uncheckedCertificates(environment: Environment): Finding[] {
  const place = 'NODE_TLS_REJECT_UNAUTHORIZED';
  if (environment[place] !== '0') return [];
  const message =
    'It is 0, which switches the checks of certificates off, so the credential could go to anybody. Remove it; ' +
    'for a certificate authority of your own set NODE_EXTRA_CA_CERTS to its PEM file.';
  return [{ severity: 'error', code: 'unchecked-certificates', place, key: '', message }];
}

function unknownVariables(environment: Environment): Finding[] {
  const known = [...SETTING_KEYS.map(({ variable }) => variable), ...OTHER_VARIABLES];
  return Object.entries(environment)
    .filter(
      ([name, value]) => name.startsWith('LOGPUSHD_') && !known.includes(name) && !isServiceLink(name, value),
    )
    .map(([name]) => ({
      severity: 'warning',
      code: 'unknown-variable',
      place: name,
      key: '',
      message: `No setting has this variable; it is ignored.${suggestion(name, known)}`,
    }));
}

/** Kubernetes gives every container variables for each Service; one named `logpushd` gets our prefix. */
function isServiceLink(name: string, value: string | undefined): boolean {
  return (
    /_SERVICE_(HOST|PORT)(_|$)/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)/.test(name) ||
    /^\w+:\/\//.test(value ?? '')
  );
}
