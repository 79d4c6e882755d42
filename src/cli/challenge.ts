import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';

import type { Program } from '../program.ts';
import { needsChallenge, showDestination } from '../core/destination/destination.ts';
import type { DesiredJob, DesiredScope, Scope } from '../core/job/job.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import { expiryOf, flagsOf, isExpired, tokenIn } from '../core/plan/challenge.ts';
import { destinationText } from '../core/plan/desired-text.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { renderProblems } from '../core/render/problems.ts';
import { Secret } from '../core/secret.ts';
import { whyUnreadable } from '../core/unreadable.ts';
import { codeOf, replaceFile } from '../durable-file.ts';
import type { CallOptions } from '../reconcile/ports.ts';
import type { Settings } from '../settings.ts';
import { type CommonFlags, examples, outputOption, withSettings } from './options.ts';
import { logOf, settingsFor } from './settings-step.ts';
import type { ExitCode, Finish, Shell } from './shell.ts';

/** `--zone` is one name here, so this is not a {@link CommonFlags}. */
interface ChallengeFlags extends Omit<CommonFlags, 'zone'> {
  readonly zone?: string;
  readonly account?: string;
  readonly job: string;
  readonly secret?: string;
  readonly force?: boolean;
  readonly output?: string;
}

/** A job of the manifest whose destination has to be proven. */
interface Subject {
  readonly settings: Settings;
  readonly program: Program;
  readonly scope: Scope;
  readonly job: DesiredJob;
  readonly destination: Secret;
  /** Without its secrets. */
  readonly shown: string;
  readonly call: CallOptions;
}

/** What cannot be done, in words for the person who asked, and the exit code. */
class Refused extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = 3) {
    super(message);
    this.exitCode = exitCode;
  }
}

const SETTINGS = ['manifest', 'secrets_dir', 'cloudflare.base_url'];
const SECRET_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/;

export function challengeCommand(shell: Shell, finish: Finish): Command {
  const request = aboutJob(
    new Command('request')
      .summary('have Cloudflare write a challenge file')
      .description(
        'Have Cloudflare write a challenge file to the destination of a job of the manifest, and say which. ' +
          'Each request writes another file.',
      ),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ChallengeFlags) => {
      finish(await refusable(shell, () => requestFile(request, flags, shell)));
    });
  const submit = aboutJob(
    new Command('submit')
      .summary('check the token of a challenge file')
      .description(
        'Check with Cloudflare that the content of a challenge file proves the destination of a job of the ' +
          'manifest, and save it as a secret that the manifest can refer to.',
      )
      .argument('<file>', 'holds the token; - for standard input')
      .option(
        '--secret <name>',
        'save it in secrets_dir under this name, which is free or holds an older token',
      )
      .option('--force', 'put it in the place of whatever secret has that name'),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: ChallengeFlags) => {
      finish(await refusable(shell, () => submitToken(submit, file, flags, shell)));
    });
  return new Command('challenge')
    .summary('prove the ownership of a destination by hand')
    .description('Prove the ownership of a destination by hand, where no reader of the settings can.')
    .addCommand(request)
    .addCommand(submit)
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = examples([
  ['logpushd challenge request --zone shop.example --job http', 'Cloudflare writes the file, and names it'],
  [
    'logpushd challenge submit --zone shop.example --job http --secret http-proof token.txt',
    'check what stands in it, and keep it as a secret',
  ],
]);

function aboutJob(command: Command): Command {
  return withSettings(
    command
      .addOption(new Option('--zone <name>', 'the zone of the job, by name or id').conflicts('account'))
      .addOption(new Option('--account <name>', 'the account of the job, by name or id'))
      .requiredOption('--job <name>', 'the job, as the manifest calls it')
      .addOption(outputOption(['text', 'json'])),
    SETTINGS,
  );
}

async function refusable(shell: Shell, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    shell.err(`error: ${cleanText(error.message)}\n`);
    return error.exitCode;
  }
}

async function requestFile(command: Command, flags: ChallengeFlags, shell: Shell): Promise<ExitCode> {
  const subject = await subjectOf(command, flags, shell, true);
  if (subject === null) return 3;
  const { program, scope, job, destination, shown, call } = subject;
  if (program.requestOwnership === null) throw new Error('A program that only reads was opened.');
  const { valid, message, filename } = await program.requestOwnership(scope, destination, call);
  if (!valid) {
    const why = message === '' ? '' : `: ${message}`;
    throw new Refused(
      `Cloudflare could not write a challenge file to ${shown}${why}. Give it the right to write there, and ask again.`,
      1,
    );
  }
  const next = `logpushd challenge submit ${flagsOf(scope, job.name)} --secret NAME FILE`;
  shell.out(
    flags.output === 'json'
      ? `${printableJson({ scope, job: job.name, destination: shown, filename })}\n`
      : `${cleanText(`Cloudflare wrote ${filename} to ${shown}.`)}\n` +
          `Fetch that file (of Sumo Logic: the message), then run\n  ${cleanText(next)}\n`,
  );
  return 0;
}

async function submitToken(
  command: Command,
  file: string,
  flags: ChallengeFlags,
  shell: Shell,
): Promise<ExitCode> {
  const token = await tokenFrom(file, shell);
  const { secret: name } = flags;
  if (name !== undefined && !SECRET_NAME.test(name)) {
    throw new Refused(
      'The name of a secret has only letters, digits, ".", "_" and "-", and no "." at its start.',
    );
  }
  const subject = await subjectOf(command, flags, shell, false);
  if (subject === null) return 3;
  const { program, settings, scope, job, destination, shown, call } = subject;
  const secretsDir = resolve(shell.cwd, settings.secretsDir);
  if (name !== undefined && flags.force !== true) await refuseOtherSecret(secretsDir, name);
  if (isExpired(token, shell.now().getTime())) {
    throw new Refused(`The token has expired. Ask for a new one with "logpushd challenge request".`, 1);
  }
  const { valid, message } = await program.reader.validateOwnership(scope, destination, token, call);
  if (!valid) {
    const told = message === '' ? '' : ` (${message})`;
    throw new Refused(
      `Cloudflare does not take this token for ${shown} in ${scope.name}${told}: it is of another ${scope.kind}, of another ` +
        'destination (every character counts), or it has expired. Ask for a new one with "logpushd challenge request".',
      1,
    );
  }
  if (name !== undefined) await save(token, secretsDir, name);
  const end = expiryOf(token);
  const until = end === null ? null : new Date(end).toISOString();
  shell.out(
    flags.output === 'json'
      ? `${printableJson({ scope, job: job.name, destination: shown, valid: true, until, secret: name ?? null })}\n`
      : textOf({ name, until, job, shown }),
  );
  return 0;
}

interface Submitted {
  readonly name: string | undefined;
  readonly until: string | null;
  readonly job: DesiredJob;
  readonly shown: string;
}

function textOf({ name, until, job, shown }: Submitted): string {
  const good = cleanText(`The token proves ${shown}${until === null ? '' : ` until ${until}`}.`);
  const kept =
    name === undefined
      ? 'Nothing was saved: with --secret NAME it becomes a secret, which the job refers to as'
      : `It is saved as the secret ${name}. Now write to job ${cleanText(job.name)}`;
  return `${good}\n${kept}\n  ownership_challenge: \${secret:${name ?? 'NAME'}}\n`;
}

async function tokenFrom(file: string, shell: Shell): Promise<Secret> {
  let text: string;
  try {
    text = await readFile(file === '-' ? '/dev/stdin' : resolve(shell.cwd, file), 'utf8');
  } catch (error) {
    throw new Refused(`The file ${file} ${whyUnreadable(error)}.`);
  }
  const token = tokenIn(text);
  if (token !== null) return token;
  throw new Refused(
    `What stands in ${file} is no token: one is up to 4096 letters, digits and ". - _ + /". Give the content of the challenge file as it is.`,
  );
}

async function save(token: Secret, folder: string, name: string): Promise<void> {
  try {
    await replaceFile(join(folder, name), `${token.reveal()}\n`);
  } catch (error) {
    throw new Refused(
      `The token is good, but the secret ${name} cannot be written to ${folder} (${codeOf(error)}). ` +
        'Make the folder writable, name another with --secrets-dir, or put the token there yourself.',
      1,
    );
  }
}

/** A credential looks like a token too, but for what a token says about its end. */
async function refuseOtherSecret(folder: string, name: string): Promise<void> {
  const text = await readFile(join(folder, name), 'utf8').catch(ifAbsent);
  if (text === null) return;
  const held = tokenIn(text);
  if (held !== null && expiryOf(held) !== null) return;
  throw new Refused(
    `The secret ${name} in ${folder} exists and holds no challenge token, so it is not overwritten. Give another name, ` +
      'or pass --force to put the token in its place.',
  );
}

/** Null where there is no file to lose; one that cannot be read is one. */
function ifAbsent(error: unknown): string | null {
  return ['ENOENT', 'EISDIR'].includes(codeOf(error)) ? null : '';
}

/** Null after what is wrong has been shown. */
async function subjectOf(
  command: Command,
  { zone, account, job: name, ...flags }: ChallengeFlags,
  shell: Shell,
  write: boolean,
): Promise<Subject | null> {
  const wanted = zone ?? account;
  if (wanted === undefined) command.error('error: name where the job is: --zone NAME or --account NAME');
  const loaded = settingsFor(flags, shell, 'needed');
  if (loaded === null) return null;
  const { settings } = loaded;
  const program = await shell.parts.openProgram(settings, { write, ...(await logOf(loaded, flags, shell)) });
  const call: CallOptions = { signal: shell.interrupted(), priority: 'change' };
  const checked = await program.check(call.signal);
  if (checked.manifest === null) {
    shell.err(renderProblems(checked.problems, 'text', checked.files));
    return null;
  }
  const rendered = await program.render({ zones: [wanted], signal: call.signal, unproven: true });
  const kind = zone === undefined ? 'account' : 'zone';
  const found = rendered?.scopes.find(({ scope }) => scope.kind === kind);
  if (found === undefined) {
    const unresolved = rendered?.unresolved.find((one) => one.name === wanted);
    throw new Refused(unresolved?.reason ?? `The manifest has no ${kind} "${wanted}".`);
  }
  const { scope } = found;
  const job = found.jobs.find((one) => one.name === name);
  if (job === undefined) throw new Refused(whyNoJob(name, found));
  const text = destinationText(job);
  const shown = showDestination(text);
  if (!needsChallenge(text)) {
    throw new Refused(`Cloudflare wants no proof of ownership for ${shown}: there is nothing to do.`);
  }
  return { settings, program, scope, job, destination: new Secret(text), shown, call };
}

function whyNoJob(name: string, { scope, jobs, blocked }: DesiredScope): string {
  const stuck = blocked.find((one) => one.name === name);
  if (stuck !== undefined) return `Job "${name}" cannot be made now: ${stuck.reason}`;
  const names = jobs.map((one) => one.name);
  const known = suggestion(name, names) || (names.length === 0 ? '' : ` There are ${names.join(', ')}.`);
  return `The manifest has no job "${name}" in ${scope.name}.${known}`;
}
