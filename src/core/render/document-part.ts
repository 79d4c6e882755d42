/** A place in a document of unknown shape, say of another version: what is not there is empty. */
export class Part {
  readonly #value: unknown;

  private constructor(value: unknown) {
    this.#value = value;
  }

  static of(value: unknown): Part {
    return new Part(value);
  }

  at(...path: readonly string[]): Part {
    let value = this.#value;
    for (const key of path) value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    return new Part(value);
  }

  get items(): readonly Part[] {
    return Array.isArray(this.#value) ? this.#value.map((value) => new Part(value)) : [];
  }

  /** Empty where there is nothing to show. */
  get text(): string {
    const value = this.#value;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (Array.isArray(value)) return this.items.map((item) => item.text).join(', ');
    return isRecord(value) ? JSON.stringify(value) : '';
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
