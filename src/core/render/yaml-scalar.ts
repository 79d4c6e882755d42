const WORD = /^[A-Za-z][A-Za-z0-9_.-]*$/;
const MEANS_SOMETHING = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** A text as a scalar in one line of YAML: quoted where YAML, of any version, would read something else than it. */
export function yamlScalar(text: string): string {
  return WORD.test(text) && !MEANS_SOMETHING.test(text) ? text : JSON.stringify(text);
}
