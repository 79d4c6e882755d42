import type { Json, JsonRecord } from './json.ts';

/** The part of a transformer's SQL that a preview needs: one SELECT over one dataset, with a conjunction. */

export interface Select {
  /** Null: every field. */
  readonly columns: readonly { readonly field: string; readonly as: string }[] | null;
  readonly from: string;
  readonly where: readonly { readonly field: string; readonly operator: string; readonly value: Json }[];
}

const STATEMENT =
  /^\s*select\s+(?<columns>.+?)\s+from\s+(?<from>\w+)(?:\s+where\s+(?<where>.+?))?\s*;?\s*$/is;
const COLUMN = /^(?<field>\w+)(?:\s+as\s+(?<as>\w+))?$/i;
const CONDITION =
  /^(?<field>\w+)\s*(?<operator>=|!=|<>|<=|>=|<|>)\s*(?:'(?<text>[^']*)'|(?<number>-?\d+(?:\.\d+)?))$/;

/** The statement, or what is wrong with it. */
export function parseSelect(sql: string): Select | string {
  const groups = STATEMENT.exec(sql)?.groups;
  if (groups === undefined) return 'expected SELECT … FROM dataset [WHERE …]';
  const list = (groups['columns'] ?? '').split(',').map((text) => text.trim());
  const columns = list.map((text) => COLUMN.exec(text)?.groups);
  const isAll = list.length === 1 && list[0] === '*';
  const badColumn = list.find((_, index) => columns[index] === undefined);
  if (!isAll && badColumn !== undefined) return `cannot read the column "${badColumn}"`;
  const conditions = (groups['where'] ?? '').split(/\s+and\s+/i).filter((text) => text !== '');
  const where = conditions.map((text) => CONDITION.exec(text.trim())?.groups);
  const badCondition = conditions.find((_, index) => where[index] === undefined);
  if (badCondition !== undefined) return `cannot read the condition "${badCondition}"`;
  return {
    columns: isAll ? null : columns.map((column) => columnOf(column ?? {})),
    from: groups['from'] ?? '',
    where: where.map((condition) => conditionOf(condition ?? {})),
  };
}

/** The rows that come out for one log record: none or one. */
export function runSelect(select: Select, input: JsonRecord): readonly JsonRecord[] {
  if (!select.where.every(({ field, operator, value }) => holds(input[field] ?? null, operator, value)))
    return [];
  if (select.columns === null) return [input];
  return [Object.fromEntries(select.columns.map(({ field, as }) => [as, input[field] ?? null]))];
}

function columnOf(groups: Readonly<Record<string, string | undefined>>): { field: string; as: string } {
  const field = groups['field'] ?? '';
  return { field, as: groups['as'] ?? field };
}

function conditionOf(groups: Readonly<Record<string, string | undefined>>): Select['where'][number] {
  const { field = '', operator = '=', text, number } = groups;
  return { field, operator, value: text ?? Number(number) };
}

function holds(left: Json, operator: string, right: Json): boolean {
  const isNumber = typeof left === 'number' && typeof right === 'number';
  switch (operator) {
    case '=':
      return left === right;
    case '!=':
    case '<>':
      return left !== right;
    case '<':
      return isNumber && left < right;
    case '<=':
      return isNumber && left <= right;
    case '>':
      return isNumber && left > right;
    default:
      return isNumber && left >= right;
  }
}
