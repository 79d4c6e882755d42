const REASONS: { readonly [code: string]: string } = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is a file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read by this user (permission denied)',
  EPERM: 'may not be read by this user (not permitted)',
  ELOOP: 'is a link that leads back to itself',
  ENAMETOOLONG: 'has a name that is too long',
  EMFILE: 'cannot be opened: this process has too many files open',
  EIO: 'cannot be read: the disk reports an error',
};

/** Why a file cannot be read, as a clause that goes after its name. Of a foreign error only the code is used. */
export function whyUnreadable(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? `cannot be read (${code})`;
}

/** As in `ENOENT`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
