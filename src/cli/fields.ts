import { Command, Option } from 'commander';

import type { Scope } from '../core/job/job.ts';
import { DATASETS } from '../core/manifest/datasets.ts';
import { LOCK_FILE } from '../core/manifest/field-lock.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { NotFoundError, ReconcileError, RejectedError } from '../reconcile/errors.ts';
import type { CallOptions, LogpushReader } from '../reconcile/ports.ts';
import { shown } from '../settings/finding.ts';
import { lockFields } from './fields-lock.ts';
import { type CommonFlags, examples, outputOption, withSettings } from './options.ts';
import { reportFailure } from './output.ts';
import { findAccounts, findZones } from './scope-lookup.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

/** `--zone` is one name here, so this is not a {@link CommonFlags}. */
interface FieldsFlags extends Omit<CommonFlags, 'zone'> {
  readonly zone?: string;
  readonly account?: string;
  readonly lock?: boolean;
}

interface Field {
  readonly name: string;
  /** Null: Cloudflare does not tell. */
  readonly default: boolean | null;
  readonly description: string;
}

export function fieldsCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('fields')
    .summary('list the fields of a dataset')
    .description(
      'List the fields of a dataset as Cloudflare has them now, and which are on by default. With --lock: write down ' +
        `for the whole manifest which fields "all", "default" and "all_except" stand for, into ${LOCK_FILE} beside it.`,
    )
    .argument('[dataset]', 'as in http_requests')
    .addOption(new Option('--zone <name>', 'for this zone, by name or id').conflicts('account'))
    .addOption(new Option('--account <name>', 'for this account, by name or id'))
    .addOption(new Option('--lock', 'write the lock of fields').conflicts(['zone', 'account']))
    .addOption(outputOption(['text', 'json']));
  return withSettings(command, ['manifest', 'cloudflare.base_url'])
    .addHelpText(
      'after',
      examples([
        ['logpushd fields http_requests --zone shop.example', 'a dataset of a zone'],
        ['logpushd fields audit_logs --account 0123456789abcdef0123456789abcdef', 'a dataset of an account'],
        ['logpushd fields --lock', 'make "all" reproducible, and new fields a reviewed change'],
      ]),
    )
    .action(async (dataset: string | undefined, flags: FieldsFlags) => {
      if (flags.lock === true) {
        if (dataset !== undefined)
          command.error('error: --lock is about the manifest: leave out the dataset');
        const { zone: _, lock: _lock, ...common } = flags;
        finish(await lockFields(common, flags['output'] === 'json', shell));
        return;
      }
      if (dataset === undefined) {
        return command.error('error: name a dataset, as in http_requests, or pass --lock');
      }
      if (flags.zone === undefined && flags.account === undefined) {
        command.error('error: name where to look: --zone NAME or --account NAME');
      }
      finish(await fields(dataset, flags, shell));
    });
}

async function fields(dataset: string, flags: FieldsFlags, shell: Shell): Promise<ExitCode> {
  const { zone, account, lock: _, ...common } = flags;
  const loaded = settingsFor(common, shell, 'needed');
  if (loaded === null) return 3;
  const { reader } = await shell.parts.openProgram(loaded.settings, {
    write: false,
    ...(await logOf(loaded, common, shell)),
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
  const listed = await listsOf(found.scope, dataset, reader, call);
  if (listed instanceof ReconcileError) {
    reportFailure(listed, shell);
    shell.err(hintFor(dataset, found.scope.kind));
    return 3;
  }
  const { all, defaults } = listed;
  const list = [...all]
    .map(([name, description]): Field => ({ name, default: defaults?.has(name) ?? null, description }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  shell.out(flags['output'] === 'json' ? jsonOf(dataset, found.scope, list) : textOf(list, shell, common));
  return 0;
}

interface Lists {
  readonly all: ReadonlyMap<string, string>;
  readonly defaults: ReadonlyMap<string, string> | null;
}

/** The refusal, where Cloudflare does not take what was typed for the name of a dataset of that scope. */
async function listsOf(
  scope: Scope,
  dataset: string,
  reader: LogpushReader,
  call: CallOptions,
): Promise<Lists | RejectedError | NotFoundError> {
  try {
    const all = await reader.listFields(scope, dataset, call);
    return { all, defaults: await defaultsOf(scope, dataset, reader, call) };
  } catch (error) {
    if (hintFor(dataset, scope.kind) === '') throw error;
    if (error instanceof RejectedError || error instanceof NotFoundError) return error;
    throw error;
  }
}

/** Null where Cloudflare does not serve that list, which is in no reference of today. */
async function defaultsOf(
  scope: Scope,
  dataset: string,
  reader: LogpushReader,
  call: CallOptions,
): Promise<Lists['defaults']> {
  try {
    return await reader.listDefaultFields(scope, dataset, call);
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

/** Cloudflare may know datasets that this release does not, so it is asked first. */
function hintFor(dataset: string, kind: Scope['kind']): string {
  const kinds = DATASETS.get(dataset);
  if (kinds?.includes(kind) === true) return '';
  if (kinds !== undefined) return `  ${dataset} belongs to ${kinds[0]}s: pass --${kinds[0]}.\n`;
  const guess = suggestion(dataset, DATASETS.keys());
  return `  ${cleanText(shown(dataset))} is not a dataset that this release knows.${guess}\n`;
}

function jsonOf(dataset: string, scope: Scope, list: readonly Field[]): string {
  return `${printableJson({ dataset, scope, fields: list })}\n`;
}

function textOf(list: readonly Field[], shell: Shell, flags: { readonly color?: boolean }): string {
  const style = styleOf(shell, flags);
  const width = Math.max('field'.length, ...list.map(({ name }) => name.length));
  const head = style.bold(`${'field'.padEnd(width)}  default  description`);
  const lines = list.map((field) => {
    const mark = field.default ? style.green('default') : '       ';
    return `${cleanText(field.name).padEnd(width)}  ${mark}  ${cleanText(field.description)}`.trimEnd();
  });
  const count = list.filter((field) => field.default).length;
  const told = list.every((field) => field.default !== null);
  const defaults = told ? `${count} of them by default` : 'and Cloudflare does not tell which by default';
  return `${[head, ...lines].join('\n')}\n\n${list.length} fields, ${defaults}.\n`;
}
