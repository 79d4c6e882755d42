import { readFileSync } from 'node:fs';
import path from 'node:path';

import { isAlias, isMap, isScalar, Lexer, LineCounter, type Node, parseAllDocuments, Parser } from 'yaml';

import type { JsonValue } from '../core/job/job.ts';
import { checkValue } from './check.ts';
import type { Finding, FindingCode } from './finding.ts';
import { findSettingKey, groupAt } from './key.ts';
import type { Given, Layer } from './layer.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import { codeOf, whyUnreadable } from '../core/unreadable.ts';

/** Read when `--settings` is not given and it exists. */
const DEFAULT_SETTINGS_FILE = 'config/logpushd.yaml';

/** Many times what all keys take; the parser's check for duplicate keys takes seconds for ten times as much. */
const MAX_CHARACTERS = 65_536;
/** Settings nest two deep; the parser ends with a full stack where a text nests thousands of times. */
const MAX_DEPTH = 32;
/** What does not look like one of our keys may be a credential that was pasted in the place of a key. */
const LIKE_A_KEY = /^(?:[a-z][a-z0-9_]{0,31})?$/;
const NOTHING: Layer = { given: new Map(), findings: [] };
const CREDENTIAL_WORDS = /token|api_?key|password|credential|email/i;

export interface FileLayer extends Layer {
  /** As it was named; null where there is none. */
  readonly file: string | null;
}

/** Settings from a file. `named` is what `--settings` says; without it a missing default file is no trouble. */
export function readSettingsFile(named: string | undefined, cwd: string): FileLayer {
  const file = named ?? DEFAULT_SETTINGS_FILE;
  let text: string;
  try {
    text = readFileSync(path.resolve(cwd, file), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && named === undefined) return { ...NOTHING, file: null };
    const remedy = codeOf(error) === 'ENOENT' ? 'Create it' : 'Make it a file that this user may read';
    const message = `The settings file ${whyUnreadable(error)}. ${remedy}, or name another with --settings.`;
    return { ...trouble(file, 'unreadable-settings', message), file };
  }
  return { ...parseSettings(file, text), file };
}

/** Settings from the text of a file; findings carry line and column. */
function parseSettings(file: string, text: string): Layer {
  if (text.length > MAX_CHARACTERS) {
    return trouble(
      file,
      'unreadable-settings',
      `The settings file has more than ${MAX_CHARACTERS} characters, far more than all keys take. Name the right file with --settings.`,
    );
  }
  if (isTooDeep(text)) {
    const message = `Collections are nested more than ${MAX_DEPTH} deep, which no key takes. Name the right file with --settings.`;
    return trouble(file, 'bad-yaml', message);
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents = Array.isArray(parsed) ? parsed : [];
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (errors.length > 0) {
    return {
      given: new Map(),
      findings: errors.map((error) => ({
        severity: 'error',
        code: 'bad-yaml',
        place: at(error.pos[0]),
        key: '',
        message: whyNotYaml(error.code),
      })),
    };
  }
  const directive = documents.find(({ directives }) => directives?.yaml.explicit === true);
  if (directive !== undefined) {
    // It changes what the words below mean: in YAML 1.1 "on" is true.
    const message = 'Directives (lines that start with %) are not supported. Remove the line.';
    return trouble(at(0), 'unreadable-settings', message);
  }
  const [document, second] = documents;
  if (document === undefined || document.contents === null) return NOTHING;
  if (second !== undefined) {
    const place = at(second.contents?.range?.[0] ?? text.length);
    return trouble(
      place,
      'unreadable-settings',
      'The file has several YAML documents. Settings are one document: put all keys into the first one.',
    );
  }
  const walk = new Walk(at);
  walk.group(document.contents, '');
  return walk;
}

function isTooDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The stack grows while the tokens are asked for, of which nothing else is wanted.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) return true;
  }
  return false;
}

/** Goes through the YAML along the schema and collects values and findings. */
class Walk implements Layer {
  readonly given = new Map<string, Given>();
  readonly findings: Finding[] = [];
  readonly #at: (offset: number) => string;

  constructor(at: (offset: number) => string) {
    this.#at = at;
  }

  group(node: Node, prefix: string): void {
    if (isScalar(node) && node.value === null) return;
    if (!isMap<Node, Node | null>(node)) {
      this.#find('wrong-type', node, prefix, 'This is not a mapping of keys to values.');
      return;
    }
    for (const { key, value } of node.items) {
      this.#pair(key, value, prefix);
    }
  }

  #pair(keyNode: Node, value: Node | null, prefix: string): void {
    const name = isScalar(keyNode) ? String(keyNode.value) : '';
    const keyPath = prefix === '' ? name : `${prefix}.${name}`;
    const key = findSettingKey(keyPath);
    // A key may take a value or a group in its place.
    if (groupAt(keyPath) !== undefined && keyPath !== '' && (key === undefined || isMap(value))) {
      if (value !== null) this.group(value, keyPath);
      return;
    }
    if (key === undefined) {
      const shown = LIKE_A_KEY.test(name) ? name : '...';
      const place = prefix === '' ? shown : `${prefix}.${shown}`;
      this.#find('unknown-key', keyNode, place, unknownKey(shown, prefix));
      return;
    }
    if (isAlias(value)) {
      this.#find('wrong-type', value, keyPath, 'Settings take no YAML aliases. Write the value out.');
      return;
    }
    const place = this.#at((value ?? keyNode).range?.[0] ?? 0);
    const plain = value === null ? null : plainValue(value);
    const finding = checkValue(key, plain, place);
    if (finding === null) this.given.set(keyPath, { value: plain, place });
    else this.findings.push(finding);
  }

  #find(code: FindingCode, node: Node, key: string, message: string): void {
    this.findings.push({ severity: 'error', code, place: this.#at(node.range?.[0] ?? 0), key, message });
  }
}

function unknownKey(name: string, prefix: string): string {
  const where = prefix === '' ? 'The settings have' : `"${prefix}" has`;
  if (CREDENTIAL_WORDS.test(name)) {
    return `${where} no key of this name. Credentials come from the environment only: CLOUDFLARE_API_TOKEN or CLOUDFLARE_API_TOKEN_FILE.`;
  }
  const siblings = groupAt(prefix) ?? [];
  return `${where} no key "${name}".${suggestion(name, siblings) || ` Known are ${siblings.join(', ')}.`}`;
}

/** An alias inside a list becomes a mapping, which no setting accepts. */
function plainValue(node: Node): JsonValue {
  const value: unknown = 'toJSON' in node ? node.toJSON() : null;
  const text = JSON.stringify(value);
  const parsed: JsonValue = text === undefined ? null : JSON.parse(text);
  return parsed;
}

function trouble(place: string, code: FindingCode, message: string): Layer {
  return { given: new Map(), findings: [{ severity: 'error', code, place, key: '', message }] };
}

/** The parser's own messages quote the text of the file, so only its code is used. */
function whyNotYaml(code: string): string {
  const reasons: { readonly [code: string]: string } = {
    BAD_INDENT: 'The indentation does not fit the lines above, or a bracket above is not closed.',
    TAB_AS_INDENT: 'A tab indents this line. YAML is indented with spaces.',
    DUPLICATE_KEY: 'This key is already set above. Remove one of the two.',
    MISSING_CHAR: 'A quote, bracket or brace is not closed, or a space is missing.',
    BLOCK_AS_IMPLICIT_KEY:
      'A colon makes this line a key, but it is inside another value. Check indentation and quotes.',
    MULTILINE_IMPLICIT_KEY: 'A key must stand on one line, followed by a colon.',
  };
  return `This is not valid YAML. ${reasons[code] ?? `The parser stops here (${code}).`}`;
}
