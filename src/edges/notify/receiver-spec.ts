import type { AlertFilter } from '../../core/alert/filter.ts';

/** Who is told, and how, as the settings say it. */
export type ReceiverSpec = {
  /** Unique; names it in log and metrics. */
  readonly name: string;
  readonly filter: AlertFilter;
  /** Null: what still stands is not told again. */
  readonly repeatMs: number | null;
  /** For one request, or one mail, from the beginning to the end. */
  readonly timeoutMs: number;
} & (
  | WebhookUrlSpec
  | PagerDutySpec
  | OpsgenieSpec
  | AlertmanagerSpec
  | EmailSpec
  | IssueSpec
  | WebhookSpec
  | FluxSpec
);

/** Text in which `${secret:NAME}` or `${env:NAME}` may stand for the whole. */
export type Written = string;

/** Slack, Microsoft Teams and Discord: the address is the credential. */
export interface WebhookUrlSpec {
  readonly type: 'slack' | 'teams' | 'discord';
  readonly url: Written;
}

export interface PagerDutySpec {
  readonly type: 'pagerduty';
  readonly url: Written;
  /** The integration key of an Events API v2 integration. */
  readonly token: Written;
}

export interface OpsgenieSpec {
  readonly type: 'opsgenie';
  readonly url: Written;
  readonly token: Written;
}

export interface AlertmanagerSpec {
  readonly type: 'alertmanager';
  /** Without `/api/v2/alerts`. */
  readonly url: Written;
  readonly token?: Written;
}

export interface EmailSpec {
  readonly type: 'email';
  readonly host: string;
  readonly port: number;
  /** `starttls` is required, not tried. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly username?: Written;
  readonly password?: Written;
  readonly from: string;
  readonly to: readonly string[];
}

export interface IssueSpec {
  readonly type: 'github' | 'gitlab';
  /** Of the API. */
  readonly url: Written;
  readonly token: Written;
  /** As in `acme/logpush`. */
  readonly repository: string;
  readonly issueLabels: readonly string[];
}

export interface WebhookSpec {
  readonly type: 'webhook';
  readonly url: Written;
  /** Of Standard Webhooks: `whsec_` and base64. */
  readonly signingSecret?: Written;
  /** Sent as a bearer token. */
  readonly token?: Written;
}

export interface FluxSpec {
  readonly type: 'flux';
  readonly url: Written;
  /** Key of the HMAC in `X-Signature`. */
  readonly signingSecret?: Written;
}

export type ReceiverType = ReceiverSpec['type'];
export type SpecOf<Type extends ReceiverType> = Extract<ReceiverSpec, { readonly type: Type }>;

/** Who is pinged after each good sweep. */
export interface HeartbeatSpec {
  /** Null: nobody. */
  readonly url: Written | null;
  readonly method: 'GET' | 'POST';
  readonly timeoutMs: number;
}
