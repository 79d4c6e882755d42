import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Filling } from '../../../src/core/manifest/fill.ts';
import { parseReferences, showReference } from '../../../src/core/manifest/reference.ts';

const VALUES: { readonly [reference: string]: string } = {
  '${env:A}': 'a',
  '${secret:key}': 'k/+=&?%',
  '${secret:base}': 'https://h.example/x?y=z',
  '${secret:sas}': 'se=2030&sig=a%2Bb',
  '${zone.name}': 'example.com',
};

function filling(): Filling {
  return new Filling((reference) => {
    const shown = showReference(reference);
    const value = VALUES[shown];
    return value === undefined ? { missing: `${shown} is missing` } : { value };
  });
}

describe('references in text', () => {
  it.each([
    ['plain', 'plain'],
    ['x-${env:A}-y', 'x-a-y'],
    ['${env:A}${env:A}', 'aa'],
    ['${zone.name}/{DATE}', 'example.com/{DATE}'],
    ['$${env:A}', '${env:A}'],
    ['$$${env:A}', '$${env:A}'],
    ['a$b $ {x} $', 'a$b $ {x} $'],
    ['{{.Field}}', '{{.Field}}'],
    ['$${', '${'],
  ])('%s becomes %s', (text, filled) => {
    expect(filling().text(text)).toBe(filled);
  });

  it('are filled in every text within a value, and keys are left alone', () => {
    const value = { '${env:A}': ['${env:A}', { x: '$${y}', n: 1, b: true, z: null }] };
    expect(filling().value(value)).toEqual({ '${env:A}': ['a', { x: '${y}', n: 1, b: true, z: null }] });
  });

  it('are not looked for in the values that are put in', () => {
    const nested = new Filling(() => ({ value: '${secret:key}' }));
    expect(nested.text('${env:A}')).toBe('${secret:key}');
  });

  it('that have no value are all named, each once', () => {
    const fill = filling();
    fill.value(['${env:X}', '${secret:Y}', '${env:X}']);
    expect([...fill.missing]).toEqual(['${env:X} is missing', '${secret:Y} is missing']);
  });

  it.each([
    '${',
    '${env:A',
    '${}',
    '${env}',
    '${env:}',
    '${env:1}',
    '${env:A-B}',
    '${secret:}',
    '${secret:a/b}',
    '${secret:..}',
    '${secret:../key}',
    '${secret:a\u0000b}',
    '${secret:${env:A}}',
    '${zone}',
    '${zone.Name}',
    '${ENV:A}',
    '${ env:A }',
    '${file:/etc/passwd}',
  ])('%j is no reference', (text) => {
    expect(parseReferences(text).faults).toHaveLength(1);
  });

  it('law: escaping any text gives that text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'a', ':', '\\') }), (text) => {
        // A "$" before an escape would make another escape of it.
        fc.pre(!text.includes('$${'));
        const escaped = text.replaceAll('${', () => '$${');
        expect(parseReferences(escaped).faults).toEqual([]);
        expect(filling().text(escaped)).toBe(text);
      }),
    );
  });
});

describe('references in a destination_conf', () => {
  it.each([
    ['the value of a parameter is encoded', 's3://b/x?k=${secret:key}', 's3://b/x?k=k%2F%2B%3D%26%3F%25'],
    [
      'text around it is not',
      'https://h/?header_A=Splunk%20${secret:key}',
      'https://h/?header_A=Splunk%20k%2F%2B%3D%26%3F%25',
    ],
    ['nor is a whole query', 'azure://c/d?${secret:sas}', 'azure://c/d?se=2030&sig=a%2Bb'],
    ['nor a further part of it', 'azure://c/d?x=1&${secret:sas}', 'azure://c/d?x=1&se=2030&sig=a%2Bb'],
    ['nor a part of the path', 's3://b/${zone.name}/{DATE}?region=r', 's3://b/example.com/{DATE}?region=r'],
    ['nor the whole', '${secret:base}', 'https://h.example/x?y=z'],
    ['nor a "?" within a value', '${secret:base}/${secret:key}', 'https://h.example/x?y=z/k/+=&?%'],
    ['a second value of one parameter is', 's3://b?k=${env:A}${secret:key}', 's3://b?k=ak%2F%2B%3D%26%3F%25'],
    ['a plain ${ stays', 's3://b/$${x}', 's3://b/${x}'],
  ])('%s', (_rule, conf, filled) => {
    expect(filling().uri(conf)).toBe(filled);
  });
});
