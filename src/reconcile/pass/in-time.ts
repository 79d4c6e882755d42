import { RateLimitedError } from '../errors.ts';

/** Of a write that the rate limit holds up; each further one may wait for minutes. */
const MOST_SENDS = 3;

/**
 * What an update or a delete goes by was seen so long ago at the most: somebody may add to the job meanwhile, or delete another one, so
 * that it is the last. Where the limit is so tight that each try is late, the last one goes all the same, or none ever would.
 */
export const FRESH_MS = 10_000;

export interface Send {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The rate limit may keep a write waiting for minutes, so what it goes by is looked at again before it is sent once more. */
export async function inItsTime<T>(lookAndSend: (send: Send) => Promise<T>): Promise<T> {
  for (let sends = 1; ; sends += 1) {
    try {
      return await lookAndSend({ isFirst: sends === 1, isLast: sends === MOST_SENDS });
    } catch (error) {
      if (!(error instanceof RateLimitedError) || sends >= MOST_SENDS) throw error;
    }
  }
}
