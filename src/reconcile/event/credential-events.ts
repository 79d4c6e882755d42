import type { SeenCredential } from '../../core/credential/expiry.ts';
import type { Scope } from '../../core/job/job.ts';

/** When credentials end by themselves. None of these has anything of a secret. */
export type CredentialEvent =
  | {
      /** What the jobs of a scope use that has an end, all of it, after each look. */
      readonly type: 'scope.credentials';
      readonly passId: string;
      readonly scope: Scope;
      readonly credentials: readonly SeenCredential[];
    }
  | {
      /** Cloudflare has said until when the API token is valid. */
      readonly type: 'token.examined';
      /** Null for one without an end. */
      readonly credential: SeenCredential | null;
    }
  | {
      /** It has come nearer to its end, or has ended. Told once for each step. */
      readonly type: 'credential.expiring';
      /** Null for the API token. */
      readonly scope: Scope | null;
      readonly credential: SeenCredential;
    };
