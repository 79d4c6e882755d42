import { fieldsOf } from '../catalogue/catalogue.ts';

/**
 * Why Cloudflare would refuse this deprecated option string, or null (`cloudflare-api.md` §3.4). It may be a full
 * URL or a bare query, percent-encoded or not.
 */
export function refusalOfLogpull(text: string, dataset: string): string | null {
  const at = text.indexOf('?');
  const params = new URLSearchParams(at < 0 ? text : text.slice(at + 1));
  for (const [key, value] of params) {
    const refusal = refusalOfParam(key, value, dataset);
    if (refusal !== null) return refusal;
  }
  return null;
}

function refusalOfParam(key: string, value: string, dataset: string): string | null {
  switch (key) {
    case 'fields':
      return refusalOfFields(value, dataset);
    case 'sample': {
      // SEED: 0.001 to 1.0, both included.
      const rate = Number(value);
      return rate >= 0.001 && rate <= 1 ? null : 'sample is not between 0.001 and 1.0';
    }
    case 'timestamps':
      return ['unixnano', 'unix', 'rfc3339'].includes(value) ? null : `unknown timestamp format "${value}"`;
    case 'CVE-2021-44228':
      return value === 'true' || value === 'false' ? null : `${key} is not true or false`;
    case 'start':
    case 'end':
    case 'count':
      return null; // left over when somebody pastes a Logpull URL
    default:
      return `unknown option "${key}"`;
  }
}

function refusalOfFields(value: string, dataset: string): string | null {
  const known = fieldsOf(dataset);
  if (known === null) return null;
  const unknown = value.split(',').find((field) => !Object.hasOwn(known, field));
  return unknown === undefined ? null : `unknown field "${unknown}"`;
}
