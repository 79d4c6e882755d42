import { Command } from 'commander';

import { examples, wordArgument } from './options.ts';
import type { Finish, Shell } from './shell.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What the scripts need to know of one command. */
interface Completable {
  readonly name: string;
  readonly summary: string;
  readonly words: readonly string[];
  readonly flags: readonly {
    readonly name: string;
    readonly takesValue: boolean;
    readonly summary: string;
    readonly words: readonly string[];
  }[];
}

/** Scripts are made from the commands themselves, so that no flag is forgotten in them. */
export function completionCommand(root: Command, shell: Shell, finish: Finish): Command {
  return new Command('completion')
    .summary('print a completion script for your shell')
    .description('Print a script that completes commands and flags in your shell.')
    .addArgument(wordArgument('<shell>', 'your shell', SHELLS))
    .addHelpText(
      'after',
      examples([
        ['source <(logpushd completion bash)', 'bash, for this session; put it into ~/.bashrc to keep it'],
        ['logpushd completion zsh > "${fpath[1]}/_logpushd"', 'zsh'],
        ['logpushd completion fish > ~/.config/fish/completions/logpushd.fish', 'fish'],
      ]),
    )
    .action((name: string) => {
      const commands = root.commands.map(completable);
      const scripts: { readonly [shell: string]: (commands: readonly Completable[]) => string } = {
        bash: bashScript,
        zsh: zshScript,
        fish: fishScript,
      };
      shell.out(scripts[name]?.(commands) ?? '');
      finish(0);
    });
}

function completable(command: Command): Completable {
  const help = command.createHelp();
  const options = [command, ...command.commands].flatMap((one) => help.visibleOptions(one));
  return {
    name: command.name(),
    summary: command.summary(),
    words: [
      ...command.commands.map((one) => one.name()),
      ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ],
    flags: [...new Map(options.map((option) => [option.flags, option])).values()].map((option) => ({
      name: option.long ?? option.flags,
      takesValue: option.required,
      summary: option.description,
      words: option.argChoices ?? [],
    })),
  };
}

function bashScript(commands: readonly Completable[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const values = commands.flatMap(({ name, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map((flag) => `    ${name}:${flag.name}) ${bashWords(flag.words)} ;;\n`),
  );
  const words = commands.map(({ name, words: own, flags }) => {
    const flagNames = flags.map((flag) => flag.name).join(' ');
    return `    ${name}) words="${[...own, flagNames].join(' ')}" ;;\n`;
  });
  return `# bash completion of logpushd
_logpushd() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$current"))
    return
  fi
  case "$command:$previous" in
${values.join('')}  esac
  case "$command" in
${words.join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$command" in validate) COMPREPLY+=($(compgen -f -- "$current")) ;; esac
}
complete -o filenames -F _logpushd logpushd
`;
}

/** The value of a flag: its words, or a file name where it takes any text. */
function bashWords(words: readonly string[]): string {
  const source = words.length > 0 ? `-W "${words.join(' ')}"` : '-f';
  return `COMPREPLY=($(compgen ${source} -- "$current")); return`;
}

function zshScript(commands: readonly Completable[]): string {
  const list = commands.map(({ name, summary }) => `    '${name}:${zshText(summary)}'\n`).join('');
  const cases = commands
    .map(({ name, words, flags }) => {
      const specs = flags.map((flag) => {
        const value = flag.words.length > 0 ? `(${flag.words.join(' ')})` : '_files';
        return `'*${flag.name}[${zshText(flag.summary)}]${flag.takesValue ? `:value:${value}` : ''}'`;
      });
      const positional = words.length > 0 ? `'1:name:(${words.join(' ')})'` : `'*:file:_files'`;
      return `    ${name}) _arguments ${[...specs, positional].join(' ')} ;;\n`;
    })
    .join('');
  return `#compdef logpushd
_logpushd() {
  local -a commands
  commands=(
${list}  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases}  esac
}
if [ "$funcstack[1]" = "_logpushd" ]; then _logpushd "$@"; else compdef _logpushd logpushd; fi
`;
}

function zshText(text: string): string {
  return text.replace(/['[\]:\\]/g, ' ');
}

function fishScript(commands: readonly Completable[]): string {
  const lines = commands.flatMap(({ name, summary, words, flags }) => [
    `complete -c logpushd -n __fish_use_subcommand -f -a ${name} -d '${fishText(summary)}'`,
    ...words.map((word) => `complete -c logpushd -n '__fish_seen_subcommand_from ${name}' -f -a ${word}`),
    ...flags.map((flag) => {
      const value = flag.words.length > 0 ? ` -x -a '${flag.words.join(' ')}'` : flag.takesValue ? ' -r' : '';
      const long = flag.name.replace(/^--/, '');
      return `complete -c logpushd -n '__fish_seen_subcommand_from ${name}' -l ${long}${value} -d '${fishText(flag.summary)}'`;
    }),
  ]);
  return `# fish completion of logpushd\n${lines.join('\n')}\n`;
}

function fishText(text: string): string {
  return text.replace(/[\\']/g, '\\$&');
}
