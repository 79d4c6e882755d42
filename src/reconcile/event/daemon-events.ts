/** What is said of the daemon itself. */
export type DaemonEvent =
  | {
      readonly type: 'daemon.started';
      readonly version: string;
      /** As it was named; null where there is none. */
      readonly settingsFile: string | null;
      /** Where Cloudflare's API is expected. */
      readonly apiUrl: string;
      /** Where status, health and metrics answer; null when switched off. */
      readonly statusUrl: string | null;
      /** Set when the API is the built-in sandbox. */
      readonly sandbox: boolean;
      /** Of the sandbox: addresses on which something else listens, so that it took others. */
      readonly taken: readonly string[];
    }
  | {
      readonly type: 'daemon.watching';
      readonly schedule: string;
      /** The longest time that the schedule leaves between two sweeps. */
      readonly intervalSeconds: number;
      readonly paths: readonly string[];
    }
  | { readonly type: 'daemon.stopping'; readonly reason: string };
