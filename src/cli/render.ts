import { Command } from 'commander';
import { Document } from 'yaml';

import { showDestination } from '../core/destination/destination.ts';
import type { DesiredJob, DesiredScope, JsonObject, JsonValue } from '../core/job/job.ts';
import { needsAccounts, needsZones } from '../core/manifest/resolve.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { printableYaml } from '../core/render/printable-yaml.ts';
import { renderProblems } from '../core/render/problems.ts';
import { isError } from '../core/problem.ts';
import { Secret } from '../core/secret.ts';
import { reportUnknownZones } from './named-zones.ts';
import { type CommonFlags, examples, outputOption, withSettings, withZones } from './options.ts';
import { logOf, settingsFor } from './settings-step.ts';
import type { ExitCode, Finish, Shell } from './shell.ts';

export function renderCommand(shell: Shell, finish: Finish): Command {
  const command = withZones(
    new Command('render')
      .summary('show the final jobs, secrets masked')
      .description('Show the final jobs after selectors, presets and references. Secrets are masked.')
      .addOption(outputOption(['text', 'json'])),
  );
  return withSettings(command, ['manifest', 'secrets_dir', 'cloudflare.base_url'])
    .addHelpText(
      'after',
      examples([
        ['logpushd render', 'every job, as YAML'],
        ['logpushd render --zone shop.example --output json', 'the jobs of one zone, for scripts'],
      ]) +
        '\nA token is needed only where the manifest names zones or accounts by name, selects them, or asks\n' +
        'for all or the default fields of a dataset.\n',
    )
    .action(async (flags: CommonFlags) => {
      finish(await render(flags, shell));
    });
}

async function render(flags: CommonFlags, shell: Shell): Promise<ExitCode> {
  const optional = settingsFor(flags, shell, 'optional');
  if (optional === null) return 3;
  const log = await logOf(optional, flags, shell);
  const signal = shell.interrupted();
  const program = await shell.parts.openProgram(optional.settings, {
    write: false,
    ...log,
  });
  const { manifest, problems, files } = await program.check(signal);
  if (manifest === null) {
    shell.err(renderProblems(problems, 'text', files));
    return 3;
  }
  const online = needsZones(manifest) || needsAccounts(manifest);
  // Asked for again, so that the missing token is explained the way every other command does.
  if (online && settingsFor(flags, shell, 'needed') === null) return 3;
  const rendered = await program.render({ zones: flags.zone ?? [], signal });
  if (rendered === null) throw new Error('The manifest was accepted, and then it was not.');
  const scopes = rendered.scopes.map(({ scope }) => scope);
  const unknown = reportUnknownZones(flags.zone ?? [], { ...rendered, scopes }, shell);
  if (unknown === 3) return 3;
  shell.out(textOf(rendered, flags.output === 'json'));
  if (rendered.problems.length > 0) shell.err(renderProblems(rendered.problems, 'text', files));
  for (const { name, reason, origin } of rendered.unresolved) {
    const place = origin === undefined ? '' : `${cleanText(origin.file)}:${origin.line}:${origin.column}  `;
    shell.err(`${place}unresolved  ${cleanText(name)}\n  ${cleanText(reason)}\n`);
  }
  if (rendered.problems.some(isError)) return 3;
  const blocked = rendered.scopes.some((scope) => scope.blocked.length > 0);
  return blocked || unknown === 1 || rendered.unresolved.length > 0 ? 1 : 0;
}

function textOf(
  rendered: { readonly revision: string; readonly scopes: readonly DesiredScope[] },
  json: boolean,
): string {
  const document = { revision: rendered.revision, scopes: rendered.scopes.map(shownScope) };
  return json
    ? `${printableJson(document)}\n`
    : printableYaml(new Document(document, { aliasDuplicateObjects: false }), { lineWidth: 0 });
}

function shownScope({ scope, mode, prune, jobs, blocked }: DesiredScope): JsonObject {
  return {
    [scope.kind]: scope.name,
    id: scope.id,
    ...(mode !== undefined && { mode }),
    ...(prune !== undefined && { prune }),
    jobs: jobs.map(shownJob),
    ...(blocked.length > 0 && { blocked: blocked.map(({ name, reason }) => ({ name, reason })) }),
  };
}

function shownJob({ fields, id, protect, ignore, mode }: DesiredJob): JsonObject {
  const shown = Object.entries(fields).map(([field, value]): [string, JsonValue] => [
    field,
    shownValue(field, value),
  ]);
  return {
    ...Object.fromEntries(shown),
    ...(id !== undefined && { id }),
    ...(protect && { protect }),
    ...(ignore.length > 0 && { ignore }),
    ...(mode !== undefined && { mode }),
  };
}

function shownValue(field: string, value: JsonValue | Secret): JsonValue {
  if (!(value instanceof Secret)) return value;
  return field === 'destination_conf' ? showDestination(value.reveal()) : value.toString();
}
