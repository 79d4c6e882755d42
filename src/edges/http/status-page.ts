import { createHash } from 'node:crypto';
import { healthWords } from '../../core/health/health.ts';
import { Part } from '../../core/render/document-part.ts';
import { cleanText } from '../../core/render/foreign-text.ts';

/**
 * The status document as a page for people: no script, nothing loaded from anywhere, every text escaped. It
 * reads the document as leniently as a browser reads HTML: what is not there is not shown.
 */
export function statusPage(
  document: unknown,
  ready: { readonly ready: boolean; readonly reason: string },
): string {
  const status = Part.of(document);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="10">
<title>logpushd</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>logpushd</h1>${readiness(ready)}</header>
<main>
${summary(status)}
${status.at('scopes').items.map(scopeSection).join('\n')}
</main>
<footer><a href="api/v1/status">JSON</a> · <a href="metrics">metrics</a></footer>
</body>
</html>
`;
}

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:70rem;margin:0 auto;padding:1rem}
header{display:flex;gap:1rem;align-items:baseline}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .25rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{opacity:.75}dd{margin:0}
.state{white-space:nowrap;font-weight:600}.state::before{content:"● "}
.good::before{color:#1a8a4a}.warn::before{color:#c47f00}.bad::before{color:#d22f2f}.dim::before{color:#888}
.trouble{border-left:4px solid #d22f2f;padding-left:.75rem}
footer{margin-top:2rem;opacity:.75}
`;

/** Only this style, and nothing else at all. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function readiness({ ready, reason }: { readonly ready: boolean; readonly reason: string }): string {
  return ready ? badge('ready', 'good') : `${badge('not ready', 'warn')} <span>${escape(reason)}</span>`;
}

function summary(status: Part): string {
  const pass = status.at('last_pass');
  const counts = Object.keys(COUNTS).flatMap((key) => {
    const number = pass.at('summary', key).text;
    return number === '' || number === '0' ? [] : [`${number} ${COUNTS[key] ?? key}`];
  });
  const rows: readonly (readonly [string, string])[] = [
    ...leader(status.at('leadership')),
    ['Manifest', html(status.at('manifest', 'revision'))],
    [
      'Last pass',
      [html(pass.at('finished_at')), html(pass.at('triggers')), ...counts.map(escape)]
        .filter(Boolean)
        .join(' · '),
    ],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value || 'none yet'}</dd>`).join('')}</dl>${troubles(status)}`;
}

/** Nothing where no Lease decides. */
function leader(leadership: Part): readonly (readonly [string, string])[] {
  const role = leadership.at('role').text;
  if (role === 'leading') return [['Leader', 'this replica']];
  return role === '' ? [] : [['Leader', html(leadership.at('holder')) || 'nobody']];
}

const COUNTS: { readonly [key: string]: string } = {
  scopes: 'scopes',
  applied: 'applied',
  failed: 'failed',
  unreadable: 'not readable',
  withheld: 'withheld',
  drift: 'drifted',
  unmanaged: 'unmanaged',
  unverifiable: 'unverifiable',
};

function troubles(status: Part): string {
  const manifest = status.at('manifest');
  const problems = [...manifest.at('problems').items, ...manifest.at('warnings').items].map((problem) => {
    const origin = problem.at('origin');
    const place = `${origin.at('file').text}:${origin.at('line').text}:${origin.at('column').text}`;
    return `${place} ${problem.at('severity').text} ${problem.at('code').text}: ${problem.at('message').text}`;
  });
  const held = status
    .at('held_destinations')
    .items.map((one) => `Nothing is written to ${one.at('destination').text}: ${one.at('reason').text}`);
  const texts = [
    status.at('writes_off').text,
    status.at('leadership', 'error').text,
    status.at('token', 'error').text,
    status.at('refusal').text,
    status.at('manifest', 'error').text,
    ...held,
    ...problems,
  ].filter(Boolean);
  return texts.map((text) => `<p class="trouble">${escape(text)}</p>`).join('');
}

function scopeSection(scope: Part): string {
  const error = html(scope.at('last_error'));
  const pauses = scope.at('pauses').items.map(pauseText);
  const jobs = scope.at('jobs').items;
  const table = `<table>
<thead><tr><th scope="col">Job</th><th scope="col">Id</th><th scope="col">Dataset</th><th scope="col">Sync</th><th scope="col">Delivery</th><th scope="col">Delivered up to</th><th scope="col">Delivered in 24 h / 30 d</th></tr></thead>
<tbody>${jobs.map(jobRow).join('\n')}</tbody>
</table>`;
  return `<section>
<h2>${html(scope.at('scope', 'name'))} <small>${html(scope.at('scope', 'kind'))}</small></h2>
${[...pauses, error]
  .filter(Boolean)
  .map((text) => `<p class="trouble">${text}</p>`)
  .join('')}
${jobs.length > 0 ? table : '<p>No jobs.</p>'}
${transformersTable(scope.at('transformers').items)}
</section>`;
}

function transformersTable(transformers: readonly Part[]): string {
  if (transformers.length === 0) return '';
  const rows = transformers.map((one) => {
    const sync = one.at('sync').text;
    const why = [html(one.at('fields')), html(one.at('reason'))].filter(Boolean).join(': ');
    return `<tr><td>${html(one.at('name'))}</td><td>${html(one.at('id'))}</td><td>${badge(sync, toneOf(sync))}${why && `<br>${why}`}</td></tr>`;
  });
  return `<table>
<thead><tr><th scope="col">Transformer</th><th scope="col">Id</th><th scope="col">Sync</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>`;
}

function pauseText(pause: Part): string {
  const what = html(pause.at('job')) || 'All jobs';
  const until = html(pause.at('until')) && ` until ${html(pause.at('until'))}`;
  const reason = html(pause.at('reason')) && `: ${html(pause.at('reason'))}`;
  return `${what} paused since ${html(pause.at('since'))}${until}${reason}`;
}

function jobRow(job: Part): string {
  const sync = job.at('sync').text;
  const health = job.at('health', 'state').text;
  const stray =
    html(job.at('stray')) && `sends logs to ${html(job.at('stray'))}, which the settings do not allow`;
  const reasons = [html(job.at('reason')), html(job.at('fields')), stray].filter(Boolean).join(': ');
  const why = [reasons, driftNote(job)].filter(Boolean).join('<br>');
  const cause = job.at('health', 'cause');
  const notes = [
    html(cause.at('text')),
    html(job.at('health', 'error')),
    html(cause.at('next')),
    gapNote(job),
  ];
  const shares = ['last_24_hours', 'last_30_days'].map((window) =>
    percent(job.at('health', 'delivered', window)),
  );
  return `<tr><td>${html(job.at('name'))}</td><td>${html(job.at('id'))}</td><td>${html(job.at('dataset'))}</td><td>${badge(sync, toneOf(sync))}${why && `<br>${why}`}</td><td>${badge(healthWords(health), toneOf(health))}${notes.map((note) => note && `<br>${note}`).join('')}</td><td>${html(job.at('health', 'last_complete'))}</td><td>${shares.join(' / ')}</td></tr>`;
}

/** Who changed the job last behind our back, where it is known. */
function driftNote(job: Part): string {
  const by = job.at('last_drift', 'by');
  const way = by.at('way').text.replaceAll('_', ' ');
  if (way === '') return '';
  const who = by.at('email').text || (way === 'cloudflare' ? '' : 'somebody');
  const through = way === 'cloudflare' ? 'Cloudflare itself' : `(${way})`;
  return escape(`last changed by ${who} ${through} at ${by.at('at').text}`);
}

function gapNote(job: Part): string {
  const from = html(job.at('health', 'gap', 'from'));
  return from && `nothing since ${from}`;
}

/** Rounded down: what is not whole must not look so. */
function percent(share: Part): string {
  const value = Number(share.text);
  return share.text === '' || Number.isNaN(value) ? '–' : `${Math.floor(value * 10_000) / 100} %`;
}

const TONES: { readonly [state: string]: string } = {
  in_sync: 'good',
  healthy: 'good',
  pending: 'warn',
  drift: 'bad',
  conflict: 'bad',
  failing: 'bad',
  lagging: 'warn',
  disabled: 'bad',
  disabled_by_cloudflare: 'bad',
  disabled_by_person: 'bad',
};

function toneOf(state: string): string {
  return TONES[state] ?? 'dim';
}

function badge(text: string, tone: string): string {
  return text && `<span class="state ${tone}">${escape(text.replaceAll('_', ' '))}</span>`;
}

function html(part: Part): string {
  return escape(part.text);
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** On one line, not too long, and without what could reorder it. */
function escape(text: string): string {
  return cleanText(text).replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? '');
}
