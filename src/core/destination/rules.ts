/**
 * What is known of one kind of destination. What is not known to be harmless is treated as a secret.
 */
export interface DestinationRules {
  /** Parameters whose value may be shown. */
  readonly openParams: ReadonlySet<string>;
  /** Parameters that say where the bucket or stream is, in lower case: the same name elsewhere is another place. */
  readonly placeParams: readonly string[];
  /** How many characters of the path may be shown, from its start. */
  readonly openPath: (path: string) => number;
  /** `host`: upper and lower case are one. `name`: the service tells them apart. */
  readonly authority: 'host' | 'name';
  /** Secret parts without which there is no such destination: where one is missing, it is not shown. */
  readonly neverShown: readonly string[];
  /** Nothing after the host is understood: it is one secret. */
  readonly opaque: boolean;
  /** Whether Cloudflare asks for a proof of ownership, given the names of the parameters (§6.1). */
  readonly needsChallenge: (params: ReadonlySet<string>) => boolean;
}

const NOTHING_SPECIAL: DestinationRules = {
  openParams: new Set(),
  placeParams: [],
  openPath: (path) => path.length,
  authority: 'host',
  neverShown: [],
  opaque: false,
  needsChallenge: () => false,
};

export function destinationRules(special: Partial<DestinationRules>): DestinationRules {
  return { ...NOTHING_SPECIAL, ...special };
}

export const always = (): boolean => true;
export const none = (): number => 0;
