import { type Attribution, attributionText } from '../audit/attribution.ts';
import type { HealthState } from './health.ts';

/** Why a job does not deliver, in words that a person can act on. */
export interface Cause {
  /** Stable, as in `dns-error`; alerts group by it. */
  readonly code: string;
  readonly text: string;
  /** What to do next. */
  readonly next: string;
}

interface KnownError extends Cause {
  readonly pattern: RegExp;
}

/**
 * The texts of `error_message` that are known: the delivery codes of `cloudflare-api.md` §8.1 and the usual words of
 * destinations. The first that fits counts, so what is special stands before what is general.
 */
const KNOWN_ERRORS: readonly KnownError[] = [
  {
    code: 'sas-expired',
    pattern: /signature (not valid|expired)|sas.{0,40}expired|AuthenticationFailed|signed expiry/i,
    text: 'The shared access signature of the destination has expired or is not valid.',
    next: 'Make a new one with rights to create and write, put it into the manifest or its secret, and let the next pass send it.',
  },
  {
    code: 'no-such-place',
    pattern: /NoSuchBucket|NoSuchContainer|ContainerNotFound|bucket (does not|doesn't) exist|no such bucket/i,
    text: 'The bucket or container of the destination does not exist.',
    next: 'Create it, or correct its name in the manifest.',
  },
  {
    code: 'not-permitted',
    pattern:
      /AccessDenied|access denied|forbidden|\b403\b|not authorized|InvalidAccessKeyId|SignatureDoesNotMatch/i,
    text: 'The destination does not let Cloudflare write: a right, a bucket policy or an access key is missing or revoked.',
    next: 'Allow Cloudflare to write there again, or put valid keys into the manifest or its secrets.',
  },
  {
    code: 'bad-credential',
    pattern: /unauthori[sz]ed|\b401\b|invalid (api[- ]?)?(key|token)/i,
    text: 'The destination does not accept the token or key that the job sends.',
    next: 'Put a valid one into the manifest or its secret.',
  },
  {
    code: 'throttled',
    pattern: /too many requests|\b429\b|SlowDown|rate.?limit|throttl/i,
    text: 'The destination takes no more for now: Cloudflare sends more or larger batches than it allows.',
    next: 'Raise its limits, or send fewer and larger batches with max_upload_interval_seconds and max_upload_bytes.',
  },
  {
    code: 'too-large',
    pattern: /\b413\b|entity too large|payload too large|request too large/i,
    text: 'The destination refuses batches of this size.',
    next: 'Make them smaller with max_upload_bytes or max_upload_records, or raise its limit.',
  },
  {
    code: 'bad-certificate',
    pattern: /x509|certificate|tls handshake|\bssl\b/i,
    text: 'The certificate of the destination is not valid for Cloudflare.',
    next: 'Renew it, with its whole chain, for the name in the destination.',
  },
  {
    code: 'dns-error',
    pattern: /\b1105\b|DNSError|no such host|dns.{0,20}(fail|error)/i,
    text: 'The host of the destination has no address in the DNS.',
    next: 'Correct the host in the manifest, or its DNS record.',
  },
  {
    code: 'timeout',
    pattern: /\b1102\b|\b1106\b|ConnectionTimeout|\btime(d)?[ -]?out\b|deadline exceeded/i,
    text: 'The destination does not answer in time: Cloudflare waits 5 seconds for a connection and 2 minutes in all.',
    next: 'Look whether it is up and reachable from the internet, and whether it is overloaded.',
  },
  {
    code: 'no-connection',
    pattern: /\b1101\b|ConnectionError|connection (refused|reset)/i,
    text: 'The destination takes no connection.',
    next: 'Look whether it is up, and whether its firewall lets Cloudflare in.',
  },
  {
    code: 'bad-settings',
    pattern: /\b1104\b|ConfigError/i,
    text: 'Cloudflare cannot use the settings of the job.',
    next: 'Compare the destination and output_options with the documentation of the destination, and correct the manifest.',
  },
  {
    code: 'behind',
    pattern: /\b1201\b|FlushMaxLag/i,
    text: 'The job is too far behind: logs that are older than Cloudflare keeps them are dropped.',
    next: 'Make the destination take more at a time, or filter or sample the logs.',
  },
  {
    code: 'cloudflare-error',
    pattern: /\b1103\b|InternalLogpushError/i,
    text: 'Cloudflare reports an error of its own.',
    next: 'Look at www.cloudflarestatus.com. Nothing has to be changed here.',
  },
  {
    code: 'destination-error',
    pattern:
      /\b1107\b|\b1108\b|RequestError|TransferError|\b5\d\d\b|internal server error|bad gateway|unavailable/i,
    text: 'The destination answers with an error, or breaks off.',
    next: 'Look at the log of the receiver at that time.',
  },
];

const UNKNOWN_ERROR: Cause = {
  code: 'other-error',
  text: 'The last delivery failed.',
  next: 'Look at the error, at the destination, and at its rights; "logpushd doctor --try-destinations" tries it.',
};

const SWITCHED_OFF: Cause = {
  code: 'switched-off',
  text: 'Somebody disabled the job at Cloudflare.',
  next: 'Ask who did; put "enabled: false" into the manifest to keep it so, or let logpushd enable it again.',
};

const OF_STATE: { readonly [state in HealthState]?: Cause } = {
  lagging: {
    code: 'nothing-delivered',
    text: 'Nothing was delivered for long, though this dataset has records all the time and no delivery failed.',
    next: 'Look whether there was any traffic, then at www.cloudflarestatus.com. If the dataset is quiet here, set health.lagging_after to 0 for it.',
  },
  disabled_by_person: SWITCHED_OFF,
  disabled: {
    code: 'switched-off',
    text: 'The job is disabled, and nothing tells whether by somebody or by Cloudflare.',
    next: 'Enable it at Cloudflare, or put it into the manifest with "enabled: true".',
  },
};

/** Who it was, where the audit log tells. */
export function switchedOffBy(author: Attribution): Cause {
  const { next } = SWITCHED_OFF;
  return { code: 'switched-off', text: `Disabled by ${attributionText(author)}.`, next };
}

const MISSING: Cause = {
  code: 'missing',
  text: 'There is no such job at Cloudflare.',
  next: 'Its sync says why it was not made.',
};

const SETTLING: Cause = {
  code: 'settling',
  text: 'Its settings were written moments ago and need about 15 minutes to take effect.',
  next: 'Wait.',
};

/**
 * @param unknown why an unknown state is unknown
 * @param isEnabledAgain logpushd tries to, where Cloudflare has disabled it
 */
export function causeOf(
  state: HealthState,
  error: string | null,
  unknown: 'missing' | 'settling',
  isEnabledAgain: boolean,
): Cause | null {
  if (state === 'unknown') return unknown === 'missing' ? MISSING : SETTLING;
  if (state === 'failing') return causeOfError(error);
  if (state === 'disabled_by_cloudflare') return disabledBecauseOf(causeOfError(error), isEnabledAgain);
  return OF_STATE[state] ?? null;
}

function causeOfError(error: string | null): Cause {
  const known = KNOWN_ERRORS.find(({ pattern }) => pattern.test(error ?? ''));
  if (known === undefined) return UNKNOWN_ERROR;
  const { code, text, next } = known;
  return { code, text, next };
}

/** What it takes until the job delivers again (`cloudflare-api.md` §8.1). */
function disabledBecauseOf({ code, text, next }: Cause, isEnabledAgain: boolean): Cause {
  const then = isEnabledAgain
    ? 'logpushd tests the destination, later each time, and enables the job again once it passes.'
    : 'Then enable the job again, at Cloudflare or with "logpushd approve" and the digest that "logpushd plan" names: Cloudflare does ' +
      'not do so by itself.';
  return { code, text, next: `${next} ${then} What was missed is not sent later.` };
}
