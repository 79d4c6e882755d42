import { Argument, type Command, InvalidArgumentError, Option } from 'commander';

import { settingKey, SETTING_KEYS } from '../settings/key.ts';
import { suggestion } from '../core/manifest/nearest.ts';

/** Flags that every command which reads the manifest shares. */
export interface CommonFlags {
  readonly settings?: string;
  readonly zone?: readonly string[];
  readonly output?: string;
  readonly color?: boolean;
  /** Flags that stand for a setting, by their camel-case name. */
  readonly [flag: string]: unknown;
}

/** Short texts for `--help`; docs/settings.md has the whole of each. */
const SETTING_FLAGS: { readonly [path: string]: readonly [argument: string, description: string] } = {
  manifest: ['path', 'file or folder of the manifest; repeat for several'],
  'cloudflare.base_url': ['url', "address of Cloudflare's API"],
  schedule: ['cron', 'when to look for drift everywhere'],
  timezone: ['zone', 'time zone of the schedule'],
  mode: ['mode', 'whether drift is healed, or anything written'],
  prune: ['prune', 'which live jobs that the manifest lacks are deleted'],
  adopt: ['adopt', 'what to do with a live job of the same name that is not owned'],
  'guard.max_removals': ['number', 'how many owned jobs one pass may remove, disable or redirect'],
  'guard.max_removal_share': ['share', 'the same as a part of all owned jobs, 0 to 1'],
  secrets_dir: ['folder', 'folder of the ${secret:NAME} files'],
  state: ['place', 'what remembers the owned jobs: file:PATH, kubernetes:NAME or memory'],
  http: ['host:port', 'address of health, metrics and status, or off'],
  'log.level': ['level', 'least important log lines on standard error'],
  'log.format': ['format', 'form of the log on standard error'],
};

/** The flag of a setting. Its value is checked with the settings, so that all findings show at once. */
function settingOption(path: string): Option {
  const key = settingKey(path);
  const [argument, description] = SETTING_FLAGS[path] ?? [];
  if (key.flag === undefined || description === undefined)
    throw new Error(`The setting ${path} has no flag.`);
  const option = new Option(`${key.flag} <${argument}>`, description);
  if (key.words.length > 0) option.choices(key.words);
  return key.kind === 'list' ? option.argParser(collect) : option.argParser((text: string) => text);
}

/** A flag that may be repeated. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect);
}

export function outputOption(formats: readonly [string, ...string[]]): Option {
  return choice('--output <format>', 'form of the result', formats).default(formats[0]);
}

function choice(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words).argParser((text: string) => oneOf(text, words));
}

/** A positional argument that is one of a few words. */
export function wordArgument(name: string, description: string, words: readonly string[]): Argument {
  return new Argument(name, description).choices(words).argParser((text: string) => oneOf(text, words));
}

function oneOf(text: string, words: readonly string[]): string {
  if (words.includes(text)) return text;
  throw new InvalidArgumentError(`It is one of ${words.join(', ')}.${suggestion(text, words)}`);
}

/** Adds `--settings`, the flags of these settings, those of the log, and `--no-color`. */
export function withSettings(command: Command, paths: readonly string[]): Command {
  command.addOption(
    new Option('--settings <file>', 'settings file (default: config/logpushd.yaml if it exists)'),
  );
  for (const path of [...paths, 'log.level', 'log.format']) command.addOption(settingOption(path));
  return withColor(command);
}

export function withColor(command: Command): Command {
  return command.addOption(new Option('--no-color', 'no colours, as with NO_COLOR'));
}

/** `--zone`, for commands that can do their work for some zones only. */
export function withZones(command: Command): Command {
  return command.addOption(
    repeatable('--zone <name>', 'only this zone, by name or id; repeat for several (default: all)'),
  );
}

/** Settings that were typed as flags, by the path of their key. */
export function settingFlags(flags: CommonFlags): { readonly [path: string]: string | readonly string[] } {
  const typed: [path: string, text: string | readonly string[]][] = [];
  for (const { path, flag } of SETTING_KEYS) {
    const value = flag === undefined ? undefined : flags[camelCase(flag)];
    if (typeof value === 'string') typed.push([path, value]);
    else if (Array.isArray(value)) typed.push([path, value.map(String)]);
  }
  return Object.fromEntries(typed);
}

function camelCase(flag: string): string {
  return flag.replace(/^--/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Examples below a help text, one line each with what it does. */
export function examples(lines: readonly (readonly [command: string, meaning: string])[]): string {
  return `\nExamples:\n${lines.map(([command, meaning]) => `  # ${meaning}\n  $ ${command}\n`).join('')}`;
}
