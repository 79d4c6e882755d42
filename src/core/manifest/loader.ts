import type { Document, YAMLError } from 'yaml';
import { Composer, CST, Lexer, Parser } from 'yaml';
import type { Problem } from '../problem.ts';
import type { ManifestDocument } from './document.ts';
import { Lines, manifestDocument } from './document.ts';
import type { ProblemCode } from './finding.ts';
import { finding } from './finding.ts';
import type { ManifestLimits } from './limits.ts';
import { NodeReader } from './node-reader.ts';
import { byteLength } from './showing.ts';
import { syntaxMessage, TAB_MESSAGE, tabIndentAt } from './syntax.ts';

export interface LoadedFile {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly Problem[];
}

/** Characters that YAML does not allow anywhere, though its library lets them pass. */
// oxlint-disable-next-line no-control-regex
const NOT_TEXT = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]/;
const COMPOSE = { merge: true, prettyErrors: false, uniqueKeys: false, strict: true } as const;
/** Tokens of the syntax that stand for a value; every other one is punctuation. */
const VALUE_TOKENS: ReadonlySet<string> = new Set([
  'alias',
  'scalar',
  'single-quoted-scalar',
  'double-quoted-scalar',
  'block-scalar-header',
  'flow-map-start',
  'flow-seq-start',
]);

/** Tokens that stand between values. Each one too many costs an error of the library, with its stack. */
const LOOSE_TOKENS: ReadonlySet<string> = new Set(['comma', 'anchor', 'tag']);
const MAX_LOOSE = 100;
const MAX_ERRORS = 100;
const NOT_HERE =
  'This does not belong here, like much before it. Is a "-", ":" or quote missing or too many, or is this not YAML at all?';

/** Reads the YAML of one file into plain values with places, or says what is wrong with it. Never throws. */
export function loadFile(file: string, original: string, limits: ManifestLimits): LoadedFile {
  const text = original.startsWith('\uFEFF') ? original.slice(1) : original;
  const lines = new Lines(text);
  const problem = (code: ProblemCode, offset: number, message: string): Problem =>
    finding(code, { origin: lines.origin(file, offset), path: '' }, message);
  const unfit = textProblem(text, limits, problem);
  if (unfit !== undefined) return { documents: [], problems: [unfit] };

  const documents: ManifestDocument[] = [];
  const problems: Problem[] = [];
  let nodes = 0;
  try {
    for (const parsed of new Composer(COMPOSE).compose(tokensWithin(text, limits, problem))) {
      const syntax = firstOf([...parsed.errors, ...parsed.warnings]);
      if (syntax !== undefined) {
        const at = syntax.pos[0];
        const tab = tabIndentAt(text, at);
        if (tab !== undefined) {
          problems.push(problem('bad-yaml', tab, TAB_MESSAGE));
          continue;
        }
        const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at + 1);
        problems.push(problem(codeOf(syntax), at, syntaxMessage(syntax, line)));
        continue;
      }
      if (isEmpty(parsed)) continue;
      const reader = new NodeReader(file, lines, limits, nodes);
      const root = reader.read(parsed.contents, []);
      nodes = reader.nodes;
      // Not as arguments of one call: there may be more of them than the stack holds.
      for (const found of reader.problems) problems.push(found);
      if (reader.stopped) break;
      const start = parsed.contents?.range[0] ?? 0;
      documents.push(manifestDocument({ file, root, start, offsets: reader.offsets, lines }));
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { documents: [], problems: [...problems, error.problem] };
  }
  if (documents.length === 0 && problems.length === 0) {
    problems.push(
      problem(
        'empty-file',
        0,
        'This file says nothing. Remove it, or write "version: 1" and what it is for.',
      ),
    );
  }
  return { documents, problems };
}

type Report = (code: ProblemCode, offset: number, message: string) => Problem;

/** Carries a finding out of the library's generators; never leaves this file. */
class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code);
    this.problem = problem;
  }
}

function textProblem(text: string, limits: ManifestLimits, problem: Report): Problem | undefined {
  // Three bytes are the most that one UTF-16 unit takes, so most files need no second look.
  if (text.length * 3 > limits.fileBytes && byteLength(text) > limits.fileBytes) {
    const message = `The file has more than ${limits.fileBytes} bytes. Split it: several files add up to one manifest.`;
    return problem('too-large', 0, message);
  }
  const conflict = text.search(/^(<{7}|>{7}) /m);
  if (conflict !== -1) {
    const message =
      'The file holds the mark of a merge conflict. Decide between the two sides and remove the marks.';
    return problem('bad-yaml', conflict, message);
  }
  const unsafe = text.search(NOT_TEXT);
  if (unsafe !== -1 || !text.isWellFormed()) {
    const message =
      'The file holds a control character here, or is not UTF-8 text. Save it as UTF-8; write the character as an escape in double quotes.';
    return problem('unsafe-character', Math.max(unsafe, 0), message);
  }
  return undefined;
}

/** The library's own pipeline, stopped as soon as the syntax alone shows that a limit is passed. */
function* tokensWithin(text: string, limits: ManifestLimits, problem: Report): Generator<CST.Token> {
  const parser = new Parser();
  let values = 0;
  let documents = 0;
  let errors = 0;
  let loose = 0;
  const check = (token: CST.Token): CST.Token => {
    if (token.type === 'directive' && !/^%YAML\s+1\.2\s*$/.test(token.source)) {
      const message = 'Directives (lines that start with %) are not supported. Remove the line.';
      throw new Refused(problem('unsupported-directive', token.offset, message));
    }
    if (token.type === 'error') errors += 1;
    if (errors > MAX_ERRORS) throw new Refused(problem('bad-yaml', token.offset, NOT_HERE));
    if (token.type === 'document') documents += 1;
    if (documents > limits.documents) {
      const message = `The file has more than ${limits.documents} documents. Split it into several files.`;
      throw new Refused(problem('too-many-documents', token.offset, message));
    }
    return token;
  };
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme) ?? '';
    if (VALUE_TOKENS.has(type)) values += 1;
    if (LOOSE_TOKENS.has(type)) loose += 1;
    else if (VALUE_TOKENS.has(type)) loose = 0;
    if (loose > MAX_LOOSE) throw new Refused(problem('bad-yaml', parser.offset, NOT_HERE));
    for (const token of parser.next(lexeme)) yield check(token);
    if (values > limits.nodes) {
      const message = `The file has more than ${limits.nodes} values. Split it into several files.`;
      throw new Refused(problem('too-many-nodes', parser.offset, message));
    }
    // The stack also holds the document, and for block mappings nothing else than collections.
    if (parser.stack.length > limits.depth + 2) {
      const message = `Collections are nested more than ${limits.depth} deep. No manifest needs that.`;
      throw new Refused(problem('too-deep', parser.offset, message));
    }
  }
  for (const token of parser.end()) yield check(token);
}

function firstOf(errors: readonly YAMLError[]): YAMLError | undefined {
  return errors.toSorted((a, b) => a.pos[0] - b.pos[0])[0];
}

function codeOf(error: YAMLError): ProblemCode {
  return error.code === 'TAG_RESOLVE_FAILED' ? 'unsupported-tag' : 'bad-yaml';
}

/** A document without content, say between two `---`. */
function isEmpty(parsed: Document.Parsed): boolean {
  const { contents } = parsed;
  return (
    contents === null ||
    ('source' in contents && contents.source === '' && contents.range[0] === contents.range[1])
  );
}
