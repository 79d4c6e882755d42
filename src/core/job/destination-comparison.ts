import { showDestination } from '../destination/destination.ts';
import { differenceOfMeanings, meaningOf, type Meaning } from '../destination/meaning.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import { plainValue, type Compared, type FieldValue } from './compared.ts';
import type { JobFields } from './job.ts';

/** The part that may be shown as `destination_conf`, and each secret as `destination_conf.<name>`. */
export function compareDestination(desired: JobFields, live: JobFields): readonly Compared[] {
  const wantedText = textOf(desired['destination_conf']);
  const foundText = textOf(live['destination_conf']);
  const wanted = meaningOfField(desired['destination_conf']);
  // Usually Cloudflare shows the very text that it was sent.
  const found = foundText === wantedText ? wanted : meaningOfField(live['destination_conf']);
  const difference = differenceOfMeanings(wanted, found);
  const restDiffers = wanted.opaque && (difference.secrets.length > 0 || difference.unseen.length > 0);
  const hidesBoth = wanted.opaque && !difference.open;
  const equal = !difference.open && !found.unseen && !restDiffers;
  // Only differences are shown, and most destinations are equal.
  const showsNone = equal || hidesBoth;
  const whole: Compared = {
    path: 'destination_conf',
    equal,
    secret: hidesBoth,
    before: showsNone || foundText === '' ? null : showDestination(foundText),
    after: showsNone ? null : showDestination(wantedText),
    desiredText: wholeText(wanted),
    liveText: found.unseen || (wanted.opaque && difference.unseen.length > 0) ? undefined : wholeText(found),
  };
  if (wanted.opaque) return [whole];
  const byName = [...wanted.secrets].toSorted(([a], [b]) => compareText(a, b));
  const secrets = byName.map(([name, { text }]): Compared => {
    const isUnseen = difference.unseen.includes(name);
    return {
      path: `destination_conf.${name}`,
      equal: !isUnseen && !difference.secrets.includes(name),
      secret: true,
      before: null,
      after: null,
      desiredText: text,
      liveText: isUnseen ? undefined : found.secrets.get(name)?.text,
    };
  });
  return [whole, ...secrets];
}

/** Where nothing is understood, the secret remainder cannot be told apart from the place. */
function wholeText({ opaque, open, secrets }: Meaning): string {
  return opaque ? `${open} ${secrets.get('rest')?.text ?? ''}` : open;
}

/** One pass compares the same two destinations many times over; taking them apart is most of its work. */
const meanings = new WeakMap<Secret, Meaning>();

function meaningOfField(value: FieldValue): Meaning {
  if (!(value instanceof Secret)) return meaningOf(textOf(value));
  const meaning = meanings.get(value) ?? meaningOf(value.reveal());
  meanings.set(value, meaning);
  return meaning;
}

function textOf(value: FieldValue): string {
  const text = plainValue(value);
  return typeof text === 'string' ? text : '';
}
