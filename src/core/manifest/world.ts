import type { Secret } from '../secret.ts';

/** What a manifest is resolved against. The same shapes as in the loop's ports, which core does not know. */
export interface World {
  /** All zones that the token sees. May be empty where the manifest needs none. */
  readonly zones: readonly Zone[];
  readonly accounts: readonly Account[];
  readonly values: ReferenceValues;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly account: Account;
}

export interface Account {
  readonly id: string;
  readonly name: string;
}

/** Values of `${env:…}` and `${secret:…}`. What is missing is absent from the maps. */
export interface ReferenceValues {
  readonly env: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Why a secret could not be read, by name: a clause, as in `its file is empty`. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Where no secret can be read because their folder is not there: what it is called. */
  readonly missingFolder?: string;
}
