import { Command } from 'commander';

import { auditDiagnoses } from '../core/doctor/audit.ts';
import { challengeDiagnoses, placesToProve } from '../core/doctor/challenges.ts';
import { clockDiagnosis, rateDiagnosis, tokenDiagnosis } from '../core/doctor/connection.ts';
import { placeDiagnoses, placesOf, signatureDiagnoses, strayDiagnoses } from '../core/doctor/destinations.ts';
import { type Diagnosis, ok } from '../core/doctor/diagnosis.ts';
import { pushDiagnoses } from '../core/doctor/pushes.ts';
import { doctorJson, doctorText } from '../core/doctor/report.ts';
import { blockedDiagnoses, scopeDiagnosis, seenDiagnosis } from '../core/doctor/scopes.ts';
import { transformerDiagnoses } from '../core/doctor/transformers.ts';
import { DOCUMENTED_ON } from '../core/manifest/documented-fields.ts';
import { JOBS_PER_ZONE } from '../core/plan/policy.ts';
import type { CallOptions } from '../reconcile/ports.ts';
import {
  isDead,
  manifestStep,
  passStep,
  readAll,
  seenBy,
  tokenSight,
  transformerSights,
  tryAll,
} from './examination.ts';
import { auditSights, pushSights } from './optional-sights.ts';
import { reportUnlookedZones, scopesOf } from './named-zones.ts';
import { type CommonFlags, examples, outputOption, withSettings, withZones } from './options.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface DoctorFlags extends CommonFlags {
  readonly tryDestinations?: boolean;
}

export function doctorCommand(shell: Shell, finish: Finish): Command {
  const command = withZones(
    new Command('doctor')
      .summary('show what would fail, and what to do about it')
      .description(
        'Look at token, rights, quotas, clock and destinations, and say of each what would fail and what to do.',
      )
      .addOption(outputOption(['text', 'json']))
      .option('--try-destinations', 'let Cloudflare write a test object to each destination'),
  );
  return withSettings(command, ['manifest', 'secrets_dir', 'state', 'cloudflare.base_url'])
    .addHelpText(
      'after',
      examples([
        ['logpushd doctor', 'before the first apply, or when something does not work'],
        [
          'logpushd doctor --zone shop.example --try-destinations',
          'one zone, and whether its destinations take logs',
        ],
        ['logpushd doctor --output json', 'for scripts'],
      ]) + '\nThe exit code is 1 when something would fail; a warning does not count.\n',
    )
    .action(async (flags: DoctorFlags) => {
      finish(await doctor(flags, shell));
    });
}

async function doctor(flags: DoctorFlags, shell: Shell): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, 'needed');
  if (loaded === null) return 3;
  const program = await shell.parts.openProgram(loaded.settings, {
    write: false,
    attempts: ATTEMPTS,
    ...(await logOf(loaded, flags, shell)),
  });
  shell.err(`note: Asking Cloudflare at ${loaded.settings.cloudflare.baseUrl}.\n`);
  const call: CallOptions = { signal: shell.interrupted(), priority: 'change' };
  const manifest = await manifestStep(program, call.signal);
  const seen = await seenBy(program, call);
  const token = await tokenSight(program, loaded.settings, seen, call);
  const at = shell.now();
  const audited =
    loaded.settings.audit.poll === null ? null : await auditSights(program, seen, at.getTime(), call);
  const zones = flags.zone ?? [];
  const pass =
    manifest.isUsable && !isDead(seen)
      ? await passStep(program, zones, call.signal)
      : { rows: [], result: null };
  if (pass.result !== null && zones.length > 0) {
    const unknown = reportUnlookedZones(zones, pass.result, shell);
    if (unknown === 3) return 3;
  }
  const plans = pass.result?.plans ?? [];
  const wanted = scopesOf({
    plans: plans.filter(({ isForsaken }) => isForsaken !== true),
    unreadable: pass.result?.unreadable ?? [],
  });
  const counted =
    loaded.settings.health.graphql === null
      ? []
      : await pushSights(
          program,
          plans.map(({ scope }) => scope),
          at.getTime(),
          call,
        );
  const places = placesOf(plans);
  const tried = flags.tryDestinations === true ? await tryAll(program, places, plans, call) : null;
  const toProve = program.challenges === null ? [] : placesToProve(places);
  const read = await readAll(program, toProve, call.signal);
  const transformers = pass.result === null ? [] : await transformerSights(program, pass.result, call);
  const { rate, clockAheadMs } = program.connection();
  const rows: readonly Diagnosis[] = [
    ...manifest.rows,
    tokenDiagnosis(token, at.getTime()),
    seenDiagnosis('zones', seen.zones, wanted, manifest.needsZones),
    seenDiagnosis('accounts', seen.accounts, wanted, manifest.needsAccounts),
    ...(audited === null ? [] : auditDiagnoses(audited, !('trouble' in seen.accounts))),
    ...pushDiagnoses(counted),
    ...pass.rows,
    ...plans.map((plan) => scopeDiagnosis(plan, JOBS_PER_ZONE)),
    ...blockedDiagnoses(plans),
    ...transformerDiagnoses(transformers),
    ...placeDiagnoses(places, plans, tried, at.toISOString()),
    ...challengeDiagnoses(toProve, plans, read),
    ...signatureDiagnoses(plans, at.getTime()),
    ...strayDiagnoses(plans),
    rateDiagnosis(rate, !isDead(seen)),
    clockDiagnosis(clockAheadMs),
    catalogueDiagnosis(at.getTime()),
  ];
  shell.out(
    flags.output === 'json' ? doctorJson(rows, at.toISOString()) : doctorText(rows, styleOf(shell, flags)),
  );
  return rows.some(({ state }) => state === 'fail') ? 1 : 0;
}

/** Somebody waits to be told what is wrong, so fewer than where somebody waits for it to go right. */
const ATTEMPTS = 2;

function catalogueDiagnosis(now: number): Diagnosis {
  const days = Math.floor((now - Date.parse(DOCUMENTED_ON)) / 86_400_000);
  const says = `This release knows the fields that Cloudflare documented on ${DOCUMENTED_ON}, ${days} days ago.`;
  if (days <= OLD_CATALOGUE_DAYS) return ok('fields', '', says);
  const next =
    'Update logpushd, so that "logpushd validate" knows newer fields; plans ask Cloudflare in any case.';
  return { check: 'fields', subject: '', state: 'warn', says, next };
}

const OLD_CATALOGUE_DAYS = 180;
