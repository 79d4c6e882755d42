import { ALERT_BUGS } from './alerts.ts';
import { ASSERTIONS } from './assertions.ts';
import { ATTRIBUTION } from './attribution.ts';
import type { Bug } from './bug.ts';
import { CHALLENGES } from './challenges.ts';
import { COLLAPSES } from './collapses.ts';
import { MANIFESTS_IN_CONFIG_MAPS } from './config-maps.ts';
import { CREATES } from './creates.ts';
import { DELETES } from './deletes.ts';
import { DOUBTS } from './doubts.ts';
import { FIELDS } from './fields.ts';
import { LEADING } from './leading.ts';
import { MANIFESTS } from './manifests.ts';
import { MIGRATION } from './migration.ts';
import { MODES } from './modes.ts';
import { OBSERVATION } from './observation.ts';
import { OWNERSHIP } from './ownership.ts';
import { REENABLING } from './reenabling.ts';
import { REFUSALS } from './refusals.ts';
import { REPLACES } from './replaces.ts';
import { SAMENESS } from './sameness.ts';
import { STATE_BUGS } from './state.ts';
import { TELLING } from './telling.ts';
import { TRAFFIC } from './traffic.ts';
import { TRANSFORMERS } from './transformers.ts';
import { UPDATES } from './updates.ts';
import { WAITING } from './waiting.ts';
import { SPELLING } from './yaml.ts';

export const BANK: readonly Bug[] = [
  ...OWNERSHIP,
  ...TRANSFORMERS,
  ...CREATES,
  ...DELETES,
  ...UPDATES,
  ...DOUBTS,
  ...COLLAPSES,
  ...ASSERTIONS,
  ...WAITING,
  ...SAMENESS,
  ...OBSERVATION,
  ...MANIFESTS,
  ...MANIFESTS_IN_CONFIG_MAPS,
  ...FIELDS,
  ...MIGRATION,
  ...MODES,
  ...REENABLING,
  ...SPELLING,
  ...TRAFFIC,
  ...LEADING,
  ...REFUSALS,
  ...REPLACES,
  ...CHALLENGES,
  ...STATE_BUGS,
  ...TELLING,
  ...ATTRIBUTION,
  ...ALERT_BUGS,
];
