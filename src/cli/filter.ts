import { Command, Option } from 'commander';

import { matchesFilter } from '../core/filter/filter-match.ts';
import { type FilterTree, filterTree } from '../core/filter/filter-tree.ts';
import { filterFaults } from '../core/manifest/filter-faults.ts';
import type { JobTemplate, Manifest, Target } from '../core/manifest/manifest.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { renderProblems } from '../core/render/problems.ts';
import { type CommonFlags, examples, outputOption, repeatable, withSettings } from './options.ts';
import { readSample, SampleError } from './sample.ts';
import { settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface FilterFlags extends CommonFlags {
  readonly sample: string;
  readonly filter?: string;
  readonly job?: readonly string[];
}

/** A filter, and what it let through. */
interface Tried {
  /** As in `example.com/http`; empty for one that was typed. */
  readonly name: string;
  readonly tree: FilterTree;
  kept: number;
}

/** What cannot be done, in words for the person who asked. */
class Refused extends Error {}

export function filterCommand(shell: Shell, finish: Finish): Command {
  const test = new Command('test')
    .summary('count what filters keep of a sample')
    .description(
      'Count how many records of a sample each filter of the manifest keeps and drops, offline. The sample has ' +
        'one JSON object a line, as Logpush delivers it, unpacked.',
    )
    .requiredOption('--sample <file>', 'records as NDJSON')
    .addOption(repeatable('--job <name>', 'only the jobs of this name; repeat for several'))
    .addOption(new Option('--filter <json>', 'this filter, in place of the manifest').conflicts('job'))
    .addOption(outputOption(['text', 'json']));
  withSettings(test, ['manifest'])
    .addHelpText('after', EXAMPLES)
    .action(async (flags: FilterFlags) => {
      finish(await testFilters(flags, shell));
    });
  return new Command('filter')
    .summary('try out filters')
    .description('Try out filters before they drop logs for good.')
    .addCommand(test)
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = examples([
  ['logpushd filter test --sample records.ndjson', 'all filters of the manifest'],
  [
    `logpushd filter test --sample records.ndjson --filter '{"where":{"key":"EdgeResponseStatus","operator":"geq","value":500}}'`,
    'one that is not in it yet',
  ],
]);

async function testFilters(flags: FilterFlags, shell: Shell): Promise<ExitCode> {
  try {
    const tried = flags.filter === undefined ? await fromManifest(flags, shell) : typed(flags.filter);
    if (tried === null) return 3;
    const records = await count(flags.sample, tried);
    shell.out(flags.output === 'json' ? jsonOf(records, tried) : textOf(records, tried, flags, shell));
    return 0;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof SampleError)) throw error;
    shell.err(`error: ${cleanText(error.message)}\n`);
    return 3;
  }
}

function typed(text: string): readonly Tried[] {
  const [fault] = filterFaults(text);
  const tree = fault === undefined ? filterTree(text) : null;
  if (tree === null)
    throw new Refused(fault?.message ?? 'The filter has no condition, so it keeps everything.');
  return [{ name: '', tree, kept: 0 }];
}

/** Null when the manifest has an error, which has been shown. */
async function fromManifest(flags: FilterFlags, shell: Shell): Promise<readonly Tried[] | null> {
  const loaded = settingsFor(flags, shell, 'unused');
  if (loaded === null) return null;
  const program = await shell.parts.openProgram(loaded.settings, { write: false, emit: () => undefined });
  const { manifest, problems, files } = await program.check(shell.interrupted());
  if (manifest === null) {
    shell.err(renderProblems(problems, 'text', files, styleOf(shell, flags)));
    return null;
  }
  const found = filtersIn(manifest, flags.job, shell);
  if (found.length > 0) return found;
  throw new Refused(
    flags.job === undefined
      ? 'No job of the manifest has a filter. Pass one with --filter, or another manifest with --manifest.'
      : `No job named ${flags.job.join(' or ')} has a filter.`,
  );
}

function filtersIn(
  { scopes }: Manifest,
  names: readonly string[] | undefined,
  shell: Shell,
): readonly Tried[] {
  return scopes.flatMap(({ target, jobs }) =>
    jobs
      .filter(({ name }) => names === undefined || names.includes(name))
      .flatMap((job) => triedOf(job, target, shell)),
  );
}

function triedOf({ name, fields }: JobTemplate, target: Target, shell: Shell): readonly Tried[] {
  const { filter } = fields;
  if (filter === undefined || filter === null) return [];
  const shown = `${placeOf(target)}/${name}`;
  if (JSON.stringify(filter).includes('${')) {
    shell.err(
      `${cleanText(shown)} is left out: its filter holds references, whose values are not known here.\n`,
    );
    return [];
  }
  const tree = filterTree(filter);
  return tree === null ? [] : [{ name: shown, tree, kept: 0 }];
}

function placeOf(target: Target): string {
  if (target.by === 'select') return target.select.name.join(',');
  return target.by === 'id' ? target.id : target.name;
}

/** How many records there are. */
async function count(file: string, tried: readonly Tried[]): Promise<number> {
  let records = 0;
  for await (const { record } of readSample(file, '--sample')) {
    records += 1;
    for (const one of tried) if (matchesFilter(one.tree, record)) one.kept += 1;
  }
  return records;
}

function jsonOf(records: number, tried: readonly Tried[]): string {
  const filters = tried.map(({ name, kept }) => ({
    ...(name && { job: name }),
    kept,
    dropped: records - kept,
  }));
  return `${printableJson({ records, filters })}\n`;
}

function textOf(records: number, tried: readonly Tried[], flags: FilterFlags, shell: Shell): string {
  const style = styleOf(shell, flags);
  const names = tried.map(({ name }) => cleanText(name === '' ? 'the filter' : name));
  const width = Math.max(...names.map(({ length }) => length));
  const lines = tried.map(({ kept }, index) => {
    const name = (names[index] ?? '').padEnd(width);
    const share = `${((kept / records) * 100).toFixed(1)} %`;
    return `${style.bold(name)}  keeps ${kept} of ${records} (${share}), drops ${records - kept}`;
  });
  return `${lines.join('\n')}\n`;
}
