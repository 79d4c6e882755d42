import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import { Names } from './names.ts';

/** One secret part of one job's destination. */
export interface SecretUse {
  /** What the file of the secret has to hold. */
  readonly value: string;
  /** Cloudflare did not show it, so `value` is only its mask. */
  readonly masked: boolean;
  /** The file holds `name=value`, as it stands in the URI. */
  readonly isWholeParameter: boolean;
  readonly wishedName: string;
  /** As in `example.com/http`. */
  readonly job: string;
}

export interface ExportedSecret {
  readonly name: string;
  readonly usedBy: readonly string[];
  /** What the reference stands for; absent where Cloudflare does not show it. */
  readonly value?: Secret;
}

/** Shorter ones are refused when secrets are read: they cannot be kept out of logs without shredding words. */
export const SHORTEST_SECRET = 8;

/**
 * The secrets of an export by name. Equal values have one name. Masked values of one place have one name as well,
 * since nothing tells them apart; whoever provides them knows better and can give them two.
 */
export class SecretBook {
  readonly #names = new Names();
  readonly #uses = new Map<string, SecretUse & { readonly jobs: Set<string> }>();

  /** The reference to write in place of the value. */
  refer(use: SecretUse): string {
    const { value, masked, isWholeParameter, wishedName, job } = use;
    const name = this.#names.of(
      masked ? `masked ${wishedName} ${value}` : `${String(isWholeParameter)} ${value}`,
      wishedName,
    );
    const jobs = this.#uses.get(name)?.jobs ?? new Set();
    this.#uses.set(name, { ...use, jobs: jobs.add(job) });
    return `\${secret:${name}}`;
  }

  /**
   * Whether a text repeats a secret of any job, in the clear or encoded as in a URI. Secrets that could as well be
   * a word are not looked for: the path of a receiver is often the name of something else too.
   */
  occursIn(text: string): boolean {
    return [...this.#uses.values()]
      .filter(({ masked, value }) => !masked && isUnlikeAWord(value))
      .some(({ value }) => text.includes(value) || text.includes(encodeURIComponent(value.toWellFormed())));
  }

  /** Whether a value is too short to be taken as a secret. */
  holdsTooShort(): boolean {
    return [...this.#uses.values()].some(
      ({ masked, value }) => !masked && Array.from(value).length < SHORTEST_SECRET,
    );
  }

  list(): readonly ExportedSecret[] {
    return [...this.#uses]
      .map(([name, { jobs, masked, value }]) => ({
        name,
        usedBy: [...jobs].toSorted(compareText),
        ...(masked ? {} : { value: new Secret(value) }),
      }))
      .toSorted((a, b) => compareText(a.name, b.name));
  }

  notes(): readonly string[] {
    return [...this.#uses]
      .toSorted(([a], [b]) => compareText(a, b))
      .flatMap(([name, use]) => noteOf(name, use));
  }
}

function isUnlikeAWord(value: string): boolean {
  return value.length >= SHORTEST_SECRET && /[0-9]/.test(value) && /[A-Za-z]/.test(value);
}

function noteOf(name: string, { masked, isWholeParameter }: SecretUse): readonly string[] {
  if (masked) {
    return [
      `Cloudflare does not show the value of the secret "${name}". Provide the one that its jobs use now; where they use different ones, give each job a secret of its own.`,
    ];
  }
  if (isWholeParameter) {
    return [
      `The secret "${name}" stands for a whole parameter, name included, as in NAME=VALUE: its value alone is shorter than ${SHORTEST_SECRET} characters, or encoded in a way that only the text itself keeps.`,
    ];
  }
  return [];
}
