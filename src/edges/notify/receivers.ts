import type { Notice } from '../../core/alert/alert.ts';
import { alertmanager } from './alertmanager.ts';
import { discord } from './discord.ts';
import { email } from './email.ts';
import { flux } from './flux.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import type { Delivery, Receiver } from './receiver.ts';
import type { ReceiverSpec, ReceiverType, SpecOf } from './receiver-spec.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

const RECEIVERS: { readonly [Type in ReceiverType]: Receiver<SpecOf<Type>> } = {
  slack,
  teams,
  discord,
  pagerduty,
  opsgenie,
  alertmanager,
  email,
  github,
  gitlab,
  webhook,
  flux,
};

/** How many notices such a receiver takes in one message. */
export function bundleOf(type: ReceiverType): number {
  return RECEIVERS[type].most;
}

export function tell(spec: ReceiverSpec, notices: readonly Notice[], delivery: Delivery): Promise<string> {
  return tellOne(spec.type, spec, notices, delivery);
}

function tellOne<Type extends ReceiverType>(
  type: Type,
  spec: SpecOf<Type>,
  notices: readonly Notice[],
  delivery: Delivery,
): Promise<string> {
  return RECEIVERS[type].deliver(notices, spec, delivery);
}
