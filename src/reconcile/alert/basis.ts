import { plural } from '../../core/render/summary.ts';
import { about, type Rows } from './report.ts';

/** Rows of `table.ts` about what every pass stands on: the manifest and the token. */
export const BASIS_ROWS = {
  'manifest.accepted': () => ({
    ends: ({ reason }) => reason === 'ManifestInvalid' || reason === 'ManifestUnreadable',
  }),
  'manifest.rejected': ({ revision, problems }, terms) => {
    const [first] = problems.filter(({ severity }) => severity === 'error');
    const place =
      first && `${first.origin.file}:${first.origin.line}:${first.origin.column} ${first.message}`;
    const errors = plural(problems.filter(({ severity }) => severity === 'error').length, 'error');
    const what = `The manifest ${revision} has ${errors} and is not used`;
    return {
      ...about('ManifestInvalid', { key: 'manifest', what, detail: place ?? '' }, terms),
      ends: ({ reason }) => reason === 'ManifestUnreadable',
    };
  },
  'manifest.unreadable': ({ error }, terms) =>
    about(
      'ManifestUnreadable',
      { key: 'manifest', what: 'The manifest cannot be read', detail: error.message },
      terms,
    ),
  'token.refused': ({ error }, terms) =>
    about(
      'TokenRefused',
      { key: 'token', what: 'Cloudflare refuses the API token', detail: error.message },
      terms,
    ),
  'token.accepted': () => ({ ends: ({ reason }) => reason === 'TokenRefused' }),
} satisfies Rows;
