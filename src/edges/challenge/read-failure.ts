/** Why a challenge file could not be read. The text is a clause, and never what the other side said. */
export class ReadFailure extends Error {
  constructor(clause: string) {
    super(clause);
    this.name = 'ReadFailure';
  }
}

/** Of a foreign error only what is no prose: its name or code, and the HTTP status. */
export function nameOf(error: unknown, status: number | undefined): string {
  const code = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : '';
  const word = /^[A-Za-z][\w.-]{0,63}$/.test(code) ? code : '';
  const parts = [word, status === undefined ? '' : `HTTP ${status}`].filter((part) => part !== '');
  return parts.length === 0 ? 'an unknown error' : parts.join(', ');
}

/** Loads an SDK that nobody has to install who does not use it. `load` names it in an `import`. */
export async function loaded<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ReadFailure(`the package ${name} is not installed; install it with "npm install ${name}"`);
  }
}
