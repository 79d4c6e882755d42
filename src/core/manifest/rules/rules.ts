import * as completeness from './completeness.ts';
import * as destinations from './destinations.ts';
import { badFilter, unusualFilter } from './filters.ts';
import { unusualOption } from './formats.ts';
import * as identity from './identity.ts';
import { misspelledDestination, oldSpelling } from './misspelled-destination.ts';
import { templateAction, templateField, unknownOption, unusualLogpull } from './options.ts';
import { sampleRateOutOfRange, uploadOutOfRange } from './ranges.ts';
import { optionNotForDestination } from './receivers.ts';
import * as references from './references.ts';
import type { Rule } from './rule.ts';
import * as scopes from './scopes.ts';
import * as transformers from './transformers.ts';
import * as values from './values.ts';

/** All of them; their order does not matter, since findings are sorted by place. */
export const RULES: readonly Rule[] = [
  identity.duplicateName,
  identity.duplicateId,
  identity.idInSelector,
  identity.duplicateDestination,
  identity.duplicatePreset,
  identity.duplicateDefaults,
  identity.unsafeName,
  identity.unusualName,
  scopes.zoneOrSelect,
  scopes.badZone,
  scopes.badAccount,
  scopes.badPattern,
  scopes.conflictingScope,
  completeness.unknownPreset,
  completeness.unknownDestination,
  completeness.bothDestinations,
  completeness.missingDataset,
  completeness.missingDestination,
  completeness.notEnabled,
  values.badDataset,
  values.unknownDataset,
  values.wrongScope,
  values.unsupportedKind,
  values.optionNotForDataset,
  values.deprecated,
  values.bothOptionForms,
  values.knownKeyInExtra,
  values.unknownIgnore,
  uploadOutOfRange,
  sampleRateOutOfRange,
  unknownOption,
  templateAction,
  templateField,
  unusualOption,
  unusualLogpull,
  badFilter,
  unusualFilter,
  references.badReference,
  references.forbiddenReference,
  references.secretInPlainField,
  references.unavailableReference,
  references.zoneInAccount,
  transformers.duplicateTransformer,
  transformers.unfitTransformerText,
  transformers.fileOrSql,
  transformers.badSql,
  transformers.bothTransformers,
  optionNotForDestination,
  destinations.badDestinationConf,
  destinations.badUrl,
  destinations.unusualDestination,
  misspelledDestination,
  destinations.unsafeDestination,
  destinations.incompleteDestination,
  oldSpelling,
  destinations.inlineSecretInConf,
  destinations.inlineSecretInDestination,
  destinations.inlineChallenge,
];
