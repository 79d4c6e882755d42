import { Command, Option } from 'commander';

import type { Scope } from '../core/job/job.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import type { CallOptions } from '../reconcile/ports.ts';
import { type CommonFlags, examples, outputOption, withSettings } from './options.ts';
import { findAccounts, findZones } from './scope-lookup.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

/** `--zone` is one name here, so this is not a {@link CommonFlags}. */
interface FieldsFlags extends Omit<CommonFlags, 'zone'> {
  readonly zone?: string;
  readonly account?: string;
}

interface Field {
  readonly name: string;
  readonly default: boolean;
  readonly description: string;
}

export function fieldsCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('fields')
    .summary('list the fields of a dataset')
    .description('List the fields of a dataset as Cloudflare has them now, and which are on by default.')
    .argument('<dataset>', 'as in http_requests')
    .addOption(new Option('--zone <name>', 'for this zone, by name or id').conflicts('account'))
    .addOption(new Option('--account <name>', 'for this account, by name or id'))
    .addOption(outputOption(['text', 'json']));
  return withSettings(command, ['cloudflare.base_url'])
    .addHelpText(
      'after',
      examples([
        ['logpushd fields http_requests --zone shop.example', 'a dataset of a zone'],
        ['logpushd fields audit_logs --account 0123456789abcdef0123456789abcdef', 'a dataset of an account'],
      ]),
    )
    .action(async (dataset: string, flags: FieldsFlags) => {
      if (flags.zone === undefined && flags.account === undefined) {
        command.error('error: name where to look: --zone NAME or --account NAME');
      }
      finish(await fields(dataset, flags, shell));
    });
}

async function fields(dataset: string, flags: FieldsFlags, shell: Shell): Promise<ExitCode> {
  const { zone, account, ...common } = flags;
  const loaded = settingsFor(common, shell, 'needed');
  if (loaded === null) return 3;
  const { reader } = await shell.parts.openProgram(loaded.settings, {
    write: false,
    emit: await logOf(loaded, common, shell),
  });
  const call: CallOptions = { signal: shell.interrupted(), priority: 'change' };
  const [found] =
    zone === undefined
      ? await findAccounts([account ?? ''], reader, call)
      : await findZones([zone], reader, call);
  if (found === undefined || 'trouble' in found) {
    shell.err(`error: ${cleanText(found?.trouble ?? 'no scope')}\n`);
    return 3;
  }
  const all = await reader.listFields(found.scope, dataset, call);
  const defaults = await reader.listDefaultFields(found.scope, dataset, call);
  const list = [...all]
    .map(([name, description]): Field => ({ name, default: defaults.has(name), description }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  shell.out(flags['output'] === 'json' ? jsonOf(dataset, found.scope, list) : textOf(list, shell, common));
  return 0;
}

function jsonOf(dataset: string, scope: Scope, list: readonly Field[]): string {
  return `${printableJson({ dataset, scope, fields: list })}\n`;
}

function textOf(list: readonly Field[], shell: Shell, flags: { readonly color?: boolean }): string {
  const style = styleOf(shell, flags);
  const width = Math.max(0, ...list.map(({ name }) => name.length));
  const lines = list.map((field) => {
    const mark = field.default ? style.green('default') : '       ';
    return `${cleanText(field.name).padEnd(width)}  ${mark}  ${cleanText(field.description)}`.trimEnd();
  });
  const count = list.filter((field) => field.default).length;
  return `${lines.join('\n')}\n\n${list.length} fields, ${count} of them by default.\n`;
}
