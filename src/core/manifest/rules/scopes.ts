import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import { hasUnsafeCharacter, quoted } from '../showing.ts';
import { isId, targetKey, targetName } from '../target.ts';
import { textsIn } from '../texts.ts';
import type { Entry, Written } from '../written.ts';
import { placeIn, placeOf, textOf } from '../written.ts';
import { fileLine, pieceAt } from './rule.ts';

const ZONE_NAME = /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)+$/u;
const ALMOST_AN_ID = /^[0-9a-f]{20,}$/i;

/** Exactly one of the two says which zones are meant. */
export function* zoneOrSelect({ entries }: Written): Iterable<Problem> {
  for (const entry of entries.filter(({ kind }) => kind === 'zone')) {
    const [zone, select] = ['zone', 'select'].map((key) => Object.hasOwn(entry.body, key));
    if (zone && select) {
      const message = 'Write either "zone" for one zone or "select" for all that match, not both.';
      yield finding('conflicting-keys', placeIn(entry, 'select', 'key'), message);
    }
    if (!zone && !select) {
      const message =
        'The key "zone" is missing. Add it, as in "zone: example.com", or "select" for all zones that match.';
      yield finding('missing-key', placeOf(entry), message);
    }
  }
}

export function* badZone({ entries }: Written): Iterable<Problem> {
  for (const entry of entries.filter(({ kind }) => kind === 'zone')) {
    const zone = textOf(entry.body, 'zone');
    if (zone === undefined || zone === '' || isId(zone)) continue;
    const fault = zoneFault(zone);
    if (fault !== undefined) yield finding('bad-scope', placeIn(entry, 'zone'), fault);
  }
}

function zoneFault(zone: string): string | undefined {
  if (zone.includes('${')) return 'References are not put in here. Write the name of the zone or its id.';
  if (/[*?]/.test(zone))
    return `${quoted(zone)} is a pattern. Write "select: { name: ... }" for all zones that match it.`;
  if (ALMOST_AN_ID.test(zone))
    return `${quoted(zone)} has ${zone.length} characters; the id of a zone has 32.`;
  if (ZONE_NAME.test(zone)) return undefined;
  return `${quoted(zone)} is neither the name of a zone, as in example.com, nor an id of 32 hexadecimal characters.`;
}

export function* badAccount({ entries }: Written): Iterable<Problem> {
  for (const entry of entries.filter(({ kind }) => kind === 'account')) {
    const account = textOf(entry.body, 'account');
    if (account === undefined || isId(account)) continue;
    const fault = accountFault(account);
    if (fault !== undefined) yield finding('bad-scope', placeIn(entry, 'account'), fault);
  }
}

function accountFault(account: string): string | undefined {
  if (account.includes('${'))
    return 'References are not put in here. Write the id of the account or its name.';
  if (ALMOST_AN_ID.test(account))
    return `${quoted(account)} has ${account.length} characters; the id of an account has 32.`;
  if (hasUnsafeCharacter(account))
    return `${quoted(account)} holds a control, direction or invisible character. Type it anew.`;
  return undefined;
}

export function* badPattern({ entries }: Written): Iterable<Problem> {
  for (const entry of entries) {
    const select = pieceAt(entry, 'select');
    if (select === undefined) continue;
    for (const key of ['name', 'except']) {
      for (const { text, path } of textsIn(select.body[key], [...select.path, key])) {
        if (/^[\p{L}\p{N}_.*?-]*$/u.test(text)) continue;
        const message = `${quoted(text)} is not a pattern for zone names: beside letters, digits, ".", "-" and "_" only "*" (any text) and "?" (one character) mean something.`;
        yield finding('bad-scope', select.document.placeOf(path), message);
      }
    }
  }
}

/** `mode` and `prune` hold for the whole scope, so two places cannot say different things. */
export function* conflictingScope({ entries }: Written): Iterable<Problem> {
  for (const key of ['mode', 'prune']) {
    const seen = new Map<string, Entry>();
    for (const entry of entries) {
      const said = textOf(entry.body, key);
      if (said === undefined) continue;
      const target = targetKey(entry);
      const first = seen.get(target);
      const before = first && textOf(first.body, key);
      if (first === undefined) seen.set(target, entry);
      else if (before !== said) {
        const { origin } = placeIn(first, key);
        const message = `${targetName(entry)} has "${key}: ${before}" already, at ${fileLine(origin)}. It holds for the whole scope: say it once.`;
        yield finding('conflicting-scope', placeIn(entry, key), message);
      }
    }
  }
}
