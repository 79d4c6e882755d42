import { Part } from './document-part.ts';
import { cleanText } from './foreign-text.ts';
import { hanging, type Style } from './style.ts';
import { plural } from './summary.ts';

/** The answer of a daemon to `GET /api/v1/status`, for a terminal. */
export function statusText(document: unknown, style: Style): string {
  const status = Part.of(document);
  const scopes = status.at('scopes').items;
  const sections = scopes.map((scope) => scopeText(scope, style));
  return [
    headText(status, scopes.length, style),
    ...troublesIn(status).map((text) => `${style.red('!')} ${hanging(text, '  ', style).trimStart()}`),
  ]
    .concat(sections)
    .join('\n')
    .concat('\n');
}

function headText(status: Part, scopes: number, style: Style): string {
  const pass = status.at('last_pass');
  const revision = cleanText(status.at('manifest', 'revision').text) || 'none yet';
  const last =
    pass.at('finished_at').text === ''
      ? 'no pass has ended yet'
      : `last pass ${cleanText(pass.at('finished_at').text)} (${cleanText(pass.at('triggers').text)})`;
  return `${style.bold(`manifest ${revision}`)}, ${plural(scopes, 'scope')}, ${last}${leaderText(status)}`;
}

/** Nothing where no Lease decides who writes. */
function leaderText(status: Part): string {
  const leadership = status.at('leadership');
  const role = leadership.at('role').text;
  if (role === '') return '';
  const holder = cleanText(leadership.at('holder').text) || 'nobody';
  return role === 'leading' ? `, leading as ${holder}` : `, standing by while ${holder} leads`;
}

/** Why not all is well with the whole, each on a line. */
function troublesIn(status: Part): readonly string[] {
  const isInvalid = status.at('manifest', 'valid').text === 'false';
  const unresolved = status
    .at('unresolved')
    .items.map((one) => `${one.at('name').text}: ${one.at('reason').text}`);
  const held = status
    .at('held_destinations')
    .items.map((one) => `Nothing is written to ${one.at('destination').text}: ${one.at('reason').text}`);
  const problems = [...status.at('manifest', 'problems').items, ...status.at('manifest', 'warnings').items];
  const told = problems.map((one) => {
    const origin = one.at('origin');
    const place = `${origin.at('file').text}:${origin.at('line').text}:${origin.at('column').text}`;
    return `${place} ${one.at('severity').text} ${one.at('code').text}: ${one.at('message').text}`;
  });
  return [
    status.at('writes_off').text,
    status.at('token', 'error').text,
    status.at('refusal').text,
    status.at('failure').text,
    status.at('leadership', 'error').text,
    status.at('manifest', 'error').text,
    isInvalid ? 'The manifest as last read is not used; the one before stays in force.' : '',
    ...unresolved,
    ...held,
    ...told,
  ]
    .filter((text) => text !== '')
    .map(cleanText);
}

const COLUMNS = ['job', 'id', 'sync', 'delivery'] as const;
const INDENT = '      ';
/** Of one job; `--output json` has all of them. */
const MOST_FIELDS = 3;

function scopeText(scope: Part, style: Style): string {
  const name = cleanText(scope.at('scope', 'name').text);
  const lines = [`\n${style.bold(name)} ${style.dim(scope.at('scope', 'kind').text)}`];
  for (const pause of scope.at('pauses').items) lines.push(`  ${style.yellow('paused')} ${pauseText(pause)}`);
  const error = scope.at('last_error').text;
  if (error !== '') lines.push(`  ${style.red('!')} ${hanging(cleanText(error), '    ', style).trimStart()}`);
  const jobs = scope.at('jobs').items;
  const transformers = scope.at('transformers').items;
  const all = [...jobs, ...transformers];
  if (all.length === 0) return [...lines, '  no jobs'].join('\n');
  const rows = [
    ...jobs.map((job) => cellsOf(job)),
    ...transformers.map((one) => cellsOf(one, 'transformer ')),
  ];
  const widths = COLUMNS.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd();
  const told = all.flatMap((job, index) => [
    painted(line(rows[index] ?? []), job.at('sync').text, style),
    ...notesOn(job).map((note) => hanging(cleanText(note), INDENT, style)),
  ]);
  return [...lines, style.dim(line(COLUMNS)), ...told].join('\n');
}

/** @param kind before the name of what is no job: whether that delivers is known of the jobs that go through it */
function cellsOf(job: Part, kind = ''): readonly string[] {
  return [
    kind + job.at('name').text,
    job.at('id').text || '-',
    job.at('sync').text,
    job.at('health', 'state').text,
  ].map(cleanText);
}

/** Why it is not as the manifest says, and why it does not deliver. */
function notesOn(job: Part): readonly string[] {
  const paths = job.at('fields').items.map(({ text }) => text);
  const more = paths.length > MOST_FIELDS ? ` and ${paths.length - MOST_FIELDS} more` : '';
  const fields = paths.slice(0, MOST_FIELDS).join(', ') + more;
  const health = job.at('health');
  return [
    [fields, job.at('reason').text].filter((text) => text !== '').join(': '),
    health.at('cause', 'text').text,
    health.at('error').text,
    health.at('cause', 'next').text,
  ].filter((note) => note !== '');
}

function pauseText(pause: Part): string {
  const job = pause.at('job').text || 'all jobs';
  const until = pause.at('until').text === '' ? 'until it is resumed' : `until ${pause.at('until').text}`;
  const reason = pause.at('reason').text;
  return cleanText(`${job} since ${pause.at('since').text}, ${until}${reason && `: ${reason}`}`);
}

function painted(line: string, sync: string, style: Style): string {
  if (sync === 'drift' || sync === 'conflict') return style.red(line);
  return sync === 'pending' ? style.yellow(line) : line;
}

/** What a script asks of a status: did something fail, and which classes of differences are there. */
export interface StatusVerdict {
  readonly failed: boolean;
  readonly pending: boolean;
  readonly drift: boolean;
}

export function verdictOn(document: unknown): StatusVerdict {
  const status = Part.of(document);
  const scopes = status.at('scopes').items;
  const syncs = new Set(
    scopes
      .flatMap((scope) => [...scope.at('jobs').items, ...scope.at('transformers').items])
      .map((one) => one.at('sync').text),
  );
  const isEmpty = (...path: readonly string[]): boolean => status.at(...path).text === '';
  const failed =
    ['writes_off', 'refusal', 'failure'].some((key) => !isEmpty(key)) ||
    !isEmpty('token', 'error') ||
    status.at('manifest', 'valid').text !== 'true' ||
    isEmpty('last_pass', 'finished_at') ||
    status.at('unresolved').items.length > 0 ||
    scopes.some((scope) => scope.at('last_error').text !== '');
  const isConflict = syncs.has('conflict');
  return { failed, pending: syncs.has('pending') || isConflict, drift: syncs.has('drift') || isConflict };
}
