import {
  differenceOfDestinations,
  maskSecretsIn,
  parseDestination,
  replaceSecrets,
  showDestination,
} from '../../src/core/destination/destination.ts';
import { hasReference, parseReferences } from '../../src/core/manifest/reference.ts';
import {
  annotationProperty,
  annotationText,
  cleanText,
  htmlText,
  markdownCode,
  markdownText,
  printableJson,
} from '../../src/core/render/foreign-text.ts';
import { answers } from './answers.ts';
import { DESTINATIONS, REFERENCES, TEXTS } from './corpus.ts';
import { manifests } from './manifests.ts';
import { mutated } from './mutate.ts';
import { requests } from './requests.ts';
import { settings } from './settings.ts';
import { target, type Targets } from './target.ts';

const references = target(
  (dice) => mutated(dice.pick(REFERENCES), REFERENCES, dice),
  (text) => {
    const { parts, faults } = parseReferences(text);
    if (hasReference(text) !== parts.some((part) => typeof part !== 'string'))
      throw new Error('has one, and has none');
    return { output: faults.join('\n'), canaries: [] };
  },
);

const destinations = target(
  (dice) => ({
    text: mutated(dice.pick(DESTINATIONS), DESTINATIONS, dice),
    other: dice.pick(DESTINATIONS),
  }),
  ({ text, other }) => {
    const { open, masked } = parseDestination(text);
    if (replaceSecrets(text, (_, raw) => raw) !== text) throw new Error('the pieces are not the whole');
    const { open: differs, secrets } = differenceOfDestinations(text, text);
    if (differs || secrets.length > 0)
      throw new Error(`it differs from itself (${masked ? 'masked' : 'not masked'})`);
    differenceOfDestinations(text, other);
    return { output: `${open}\n${showDestination(text)}\n${maskSecretsIn(other, text)}`, canaries: [] };
  },
);

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const texts = target(
  (dice) => mutated(dice.pick(TEXTS), TEXTS, dice),
  (text) => {
    const shown = [cleanText, markdownText, htmlText, markdownCode, annotationText, annotationProperty].map(
      (show) => show(text),
    );
    if (shown.some((one) => UNPRINTABLE.test(one))) throw new Error('a text shows what cannot be seen');
    if (/<(?!!-- -->)/.test(htmlText(text))) throw new Error('a text begins a tag');
    if (JSON.parse(printableJson([text]))[0] !== text) throw new Error('JSON of a text is not the text');
    return { output: shown.join('\n'), canaries: [] };
  },
);

/** Everything that reads what somebody else wrote. */
export const TARGETS: Targets = {
  manifests,
  answers,
  requests,
  references,
  destinations,
  settings,
  texts,
};
