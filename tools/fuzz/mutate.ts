import type { Dice } from './random.ts';

/** Texts that mean something to one of the parsers, or to somebody who reads what comes out. */
const TOKENS: readonly string[] = [
  ...'- ? | { } [ ] , " \' ` \\ \\u0000 \\x1b &a *a !x !!binary <<: --- ... %YAML'.split(' '),
  ...'${ } $${ ${env:HOME} ${secret:key} ${zone.name} ${env:CLOUDFLARE_API_TOKEN} {{ }} {DATE}'.split(' '),
  ...'null true no 0 -0 1e400 .nan 12345678901234567890 0x10 1_000 [] {} ""'.split(' '),
  ...'__proto__ constructor toString hasOwnProperty then where and or name zones jobs'.split(' '),
  ...'s3:// https:// r2:// :// ? & = @ % %41 %00 %ff // /../ # x=y& key header_ token='.split(' '),
  ...'<script> ::error:: @everyone {"event":"forged"} HTTP/1.1 Content-Length:'.split(' '),
  ...'\0 \u001B[31m \u007F \u0085 \u009B \u2028 \u202E \u200B \uFEFF \uD800 \u{1F600} \u00E9'.split(' '),
  ...'\n;\n  ;\n    - ;: ; #;- ;>-\n;---\n;...\n;%YAML 1.1\n;\t; ;\r\n;<<: *a;| a |'.split(';'),
  'x'.repeat(300),
  '['.repeat(60),
];

/**
 * Between one and eight changes: pieces put in, taken out, doubled, moved and swapped with another text's. One in
 * thirty texts becomes long, which finds what takes more than its share of time.
 */
export function mutated(text: string, others: readonly string[], dice: Dice): string {
  let result = text;
  for (let change = dice.roll(8); change >= 0; change -= 1)
    result = CHANGES[dice.roll(CHANGES.length)]?.(result, others, dice) ?? result;
  if (dice.roll(30) === 0) result = LONG_CHANGES[dice.roll(LONG_CHANGES.length)]?.(result, dice) ?? result;
  return result.slice(0, 65_536);
}

const LONG_CHANGES: readonly ((text: string, dice: Dice) => string)[] = [
  (text, dice) => repeated(text, dice.roll(text.length), 1 + dice.roll(8), 1_000 + dice.roll(3_000)),
  (text, dice) => inserted(text, dice.roll(text.length + 1), longPiece(dice)),
];

function longPiece(dice: Dice): string {
  const piece = dice.pick(TOKENS).slice(0, 8);
  return piece.repeat(1_000 + dice.roll(3_000));
}

type Change = (text: string, others: readonly string[], dice: Dice) => string;

const CHANGES: readonly Change[] = [
  (text, _, dice) => inserted(text, dice.roll(text.length + 1), dice.pick(TOKENS)),
  (text, _, dice) => inserted(text, dice.roll(text.length + 1), dice.pick(TOKENS)),
  (text, _, dice) => inserted(text, dice.roll(text.length + 1), String.fromCharCode(dice.roll(256))),
  (text, _, dice) => without(text, dice.roll(text.length), 1 + dice.roll(3)),
  (text, _, dice) => without(text, dice.roll(text.length), 1 + dice.roll(40)),
  (text, _, dice) => onLines(text, (lines) => lines.toSpliced(dice.roll(lines.length), 1)),
  (text, _, dice) => onLines(text, (lines) => lines.toSpliced(dice.roll(lines.length), 0, dice.pick(lines))),
  (text, _, dice) => onLines(text, (lines) => lines.with(dice.roll(lines.length), ` ${dice.pick(lines)}`)),
  (text, _, dice) => repeated(text, dice.roll(text.length), 1 + dice.roll(20), 2 + dice.roll(50)),
  (text, _, dice) => text.slice(0, dice.roll(text.length + 1)),
  (text, others, dice) => spliced(text, dice.pick(others), dice),
];

function inserted(text: string, at: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at);
}

function without(text: string, at: number, length: number): string {
  return text.slice(0, at) + text.slice(at + length);
}

function repeated(text: string, at: number, length: number, times: number): string {
  return text.slice(0, at) + text.slice(at, at + length).repeat(times) + text.slice(at + length);
}

function spliced(text: string, other: string, dice: Dice): string {
  return text.slice(0, dice.roll(text.length + 1)) + other.slice(dice.roll(other.length + 1));
}

function onLines(text: string, change: (lines: string[]) => string[]): string {
  return change(text.split('\n')).join('\n');
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const WORDS = '__proto__ toString \u001B[31m \u2028 \uD800 <img> ::error::x *** {"where": {"where":{}}';

const JSON_VALUES = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  [],
  {},
  [[]],
  [null],
  { a: null },
];

const VALUES: readonly Json[] = [
  ...WORDS.split(' '),
  ...JSON_VALUES,
  'x'.repeat(5_000),
  `{"where":${'{"and":['.repeat(300)}`,
  '2024-01-01T00:00:00Z',
  'not a time',
];

/** The same with one place changed: another value, another key, gone, or there twice. */
export function mutatedJson(value: Json, dice: Dice): Json {
  if (typeof value !== 'object' || value === null || dice.roll(20) === 0)
    return dice.roll(30) === 0 ? longPiece(dice) : dice.pick(VALUES);
  if (isList(value)) {
    const at = dice.roll(Math.max(value.length, 1));
    const member = value[at];
    if (member === undefined || dice.roll(6) === 0)
      return value.toSpliced(at, dice.roll(2), dice.pick(VALUES));
    return value.with(at, mutatedJson(member, dice));
  }
  const entries = Object.entries(value);
  const at = dice.roll(Math.max(entries.length, 1));
  const entry = entries[at];
  if (entry === undefined) return { [dice.pick(KEYS)]: dice.pick(VALUES) };
  const [key, member] = entry;
  const chance = dice.roll(8);
  if (chance === 0) return Object.fromEntries(entries.toSpliced(at, 1));
  if (chance === 1) return Object.fromEntries([...entries, [dice.pick(KEYS), member]]);
  return Object.fromEntries(entries.with(at, [key, mutatedJson(member, dice)]));
}

/** Not "name": nobody can know a secret that is the name of a job for one. */
const KEYS = TOKENS.filter((token) => token !== 'name');

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
