/** What Cloudflare takes of Go's templates: fields, constants and comments (`cloudflare-api.md` §3.1). */

const FIELD = /^-?\s*\.([A-Za-z0-9_]+)\s*-?$/;
const CONSTANT = /^-?\s*("(?:[^"\\]|\\.)*"|`[^`]*`|\/\*.*\*\/)\s*-?$/s;

/** What stands between `{{` and `}}`. By hand: a lazy pattern would look through all the rest for each `{{` left open. */
export function actionsIn(template: string): readonly string[] {
  const actions: string[] = [];
  let start = template.indexOf('{{');
  while (start !== -1) {
    const end = template.indexOf('}}', start + 2);
    if (end === -1) break;
    actions.push(template.slice(start + 2, end));
    start = template.indexOf('{{', end + 2);
  }
  return actions;
}

export function isAllowedAction(action: string): boolean {
  return FIELD.test(action) || CONSTANT.test(action);
}

/** The names of the fields that a template uses. */
export function fieldsInTemplate(template: string): readonly string[] {
  return actionsIn(template).flatMap((action) => FIELD.exec(action)?.[1] ?? []);
}
