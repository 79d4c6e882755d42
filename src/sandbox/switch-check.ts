import { type AnySwitch, SWITCHES, type Switches } from './switches.ts';

/** Every switch at its default. */
export function defaultSwitches(): Switches {
  return checkedSwitches(
    Object.fromEntries(Object.entries(SWITCHES).map(([name, of]) => [name, of.default])),
  );
}

/**
 * The switches that `values` names, checked.
 *
 * @throws SwitchError naming every unknown switch and every value that is not allowed.
 */
export function parseSwitches(values: unknown): Partial<Switches> {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new SwitchError(['Send one JSON object of switches, as in {"secrets": "masked"}.']);
  }
  const complaints = Object.entries(values).flatMap(([name, value]) => complaintAbout(name, value));
  if (complaints.length > 0) throw new SwitchError(complaints);
  return values;
}

/** What is wrong with switches that somebody asked for; `complaints` has one sentence each. */
export class SwitchError extends Error {
  readonly complaints: readonly string[];

  constructor(complaints: readonly string[]) {
    super(complaints.join(' '));
    this.name = 'SwitchError';
    this.complaints = complaints;
  }
}

function checkedSwitches(values: Record<string, unknown>): Switches {
  const checked: Partial<Switches> = parseSwitches(values);
  if (!isComplete(checked)) throw new SwitchError(['A switch has no default.']);
  return checked;
}

function isComplete(switches: Partial<Switches>): switches is Switches {
  return Object.keys(SWITCHES).every((name) => name in switches);
}

function complaintAbout(name: string, value: unknown): string[] {
  const table: Readonly<Record<string, AnySwitch>> = SWITCHES;
  const of = Object.hasOwn(table, name) ? table[name] : undefined;
  if (of === undefined) return [`"${name}" is not a switch; GET /sandbox/switches lists them.`];
  const allowed = allowedValues(of);
  return isAllowed(of, value) ? [] : [`"${name}" cannot be ${JSON.stringify(value)}; it takes ${allowed}.`];
}

function isAllowed(of: AnySwitch, value: unknown): boolean {
  if (of.kind === 'choice') return typeof value === 'string' && of.values.includes(value);
  if (of.kind === 'count') return isCount(value);
  if (of.kind === 'limit') return value === null || isCount(value);
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The values a switch takes, in words. */
export function allowedValues(of: AnySwitch): string {
  if (of.kind === 'choice') return of.values.map((value) => `\`${value}\``).join(', ');
  if (of.kind === 'count') return 'a whole number';
  return of.kind === 'limit' ? 'a whole number, or `null` for no limit' : 'a list of strings';
}
