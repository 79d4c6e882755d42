export interface Dataset {
  readonly name: string;
  /** Field name to type. */
  readonly fields: Readonly<Record<string, string>>;
  readonly defaults: readonly string[];
  readonly deprecated: ReadonlySet<string>;
}

export interface DatasetText {
  readonly name: string;
  /** Type to field names, separated by white space. */
  readonly types: Readonly<Record<string, string>>;
  readonly defaults: string;
  readonly deprecated?: string;
}

export function dataset(text: DatasetText): Dataset {
  const fields = Object.entries(text.types).flatMap(([type, names]) =>
    words(names).map((name) => [name, type] as const),
  );
  return {
    name: text.name,
    fields: Object.fromEntries(fields),
    defaults: words(text.defaults),
    deprecated: new Set(words(text.deprecated ?? '')),
  };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
