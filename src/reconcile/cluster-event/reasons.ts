interface ReasonTerms {
  readonly type: 'Normal' | 'Warning';
  /** The verb of what was done or found. */
  readonly action: string;
  /** For docs/kubernetes.md. */
  readonly means: string;
}

/** Every reason of an Event that logpushd makes. A reason is never renamed: people filter and alert by it. */
export const EVENT_REASONS = {
  ManifestLoaded: {
    type: 'Normal',
    action: 'Load',
    means: 'A new revision of the manifest is in force.',
  },
  JobCreated: { type: 'Normal', action: 'Create', means: 'A job of the manifest was made.' },
  JobUpdated: { type: 'Normal', action: 'Update', means: 'A job was changed as the manifest says.' },
  JobReplaced: {
    type: 'Normal',
    action: 'Replace',
    means: 'A job was made anew, because what differs cannot be changed.',
  },
  JobDeleted: {
    type: 'Normal',
    action: 'Delete',
    means: 'A job that the manifest does not have any more was deleted.',
  },
  JobAdopted: { type: 'Normal', action: 'Adopt', means: 'A live job of the same name was taken over.' },
  TransformerChanged: {
    type: 'Normal',
    action: 'Update',
    means: 'A transformer of an account was made, changed or deleted.',
  },
  DriftCorrected: {
    type: 'Normal',
    action: 'Correct',
    means: 'What somebody changed at Cloudflare was put right.',
  },
  ZoneInSync: {
    type: 'Normal',
    action: 'Compare',
    means: 'A zone or account is as the manifest says, after it was not.',
  },
  PlanApproved: {
    type: 'Normal',
    action: 'Approve',
    means: 'A person let a plan through that the guard had refused.',
  },
  Paused: { type: 'Normal', action: 'Pause', means: 'A person has stopped writes to a scope or job.' },
  Resumed: { type: 'Normal', action: 'Resume', means: 'Such a pause is over.' },
  LeaderElected: {
    type: 'Normal',
    action: 'Lead',
    means: 'This replica has taken the Lease and writes from now on.',
  },
  ManifestInvalid: {
    type: 'Warning',
    action: 'Load',
    means: 'The manifest has errors and is not used; the last good one stays in force.',
  },
  ManifestUnreadable: {
    type: 'Warning',
    action: 'Load',
    means: 'The manifest could not be read; the last good one stays in force.',
  },
  DriftDetected: {
    type: 'Warning',
    action: 'Compare',
    means: 'Somebody changed, deleted or made a job at Cloudflare.',
  },
  Fighting: {
    type: 'Warning',
    action: 'Correct',
    means: 'What is put right is undone again and again.',
  },
  ChangeBlocked: {
    type: 'Warning',
    action: 'Plan',
    means:
      'A change is not made: the guard, a setting, a window or a person stops it, or it waits for a proof.',
  },
  DeletePending: { type: 'Warning', action: 'Plan', means: 'A delete is not made yet, or not at all.' },
  JobBlocked: {
    type: 'Warning',
    action: 'Plan',
    means: 'A job of the manifest cannot be made as it is written, say because a secret is missing.',
  },
  OwnershipConflict: {
    type: 'Warning',
    action: 'Plan',
    means: 'A live job of the same name is not taken over, because "adopt" does not allow it.',
  },
  DuplicateJob: {
    type: 'Warning',
    action: 'Compare',
    means: 'Several live jobs have the name of one job of the manifest.',
  },
  AmbiguousWrite: {
    type: 'Warning',
    action: 'Write',
    means: 'It is not known whether Cloudflare carried out a write; the next pass looks.',
  },
  ListingSuspect: {
    type: 'Warning',
    action: 'List',
    means: 'A listing is damaged, or jobs are missing in it that should be there; nothing is written on it.',
  },
  ApiUnauthorized: {
    type: 'Warning',
    action: 'Call',
    means: 'Cloudflare refuses the token, or it lacks a right.',
  },
  ApiRateLimited: { type: 'Warning', action: 'Call', means: "Cloudflare's rate limit stopped a call." },
  ApiError: { type: 'Warning', action: 'Call', means: 'Cloudflare refused a call, or could not be reached.' },
  DestinationFailing: {
    type: 'Warning',
    action: 'Write',
    means: 'Cloudflare cannot write to a destination; nothing is written to its jobs for now.',
  },
  StrayFound: {
    type: 'Warning',
    action: 'Compare',
    means: 'A live job sends logs to where guard.allowed_destinations allows none to.',
  },
  JobFailingUpstream: {
    type: 'Warning',
    action: 'Observe',
    means: 'A job is enabled and cannot deliver.',
  },
  JobDisabledUpstream: {
    type: 'Warning',
    action: 'Observe',
    means: 'Cloudflare has disabled a job, because it could not deliver.',
  },
  CredentialExpiring: {
    type: 'Warning',
    action: 'Observe',
    means: 'A credential of a destination, or the API token, ends soon or has ended.',
  },
  StateUnsaved: {
    type: 'Warning',
    action: 'Save',
    means: 'What logpushd remembers of its jobs could not be saved.',
  },
  LeaderLost: {
    type: 'Warning',
    action: 'Lead',
    means: 'This replica has lost the Lease and writes no more.',
  },
  InvariantViolated: {
    type: 'Warning',
    action: 'Write',
    means: 'A bug of logpushd was caught; nothing is written until a restart.',
  },
} as const satisfies Readonly<Record<string, ReasonTerms>>;

export type EventReason = keyof typeof EVENT_REASONS;

export function eventTermsOf(reason: EventReason): ReasonTerms {
  return EVENT_REASONS[reason];
}
