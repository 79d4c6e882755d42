import { issueReceiver } from './issue.ts';
import { under } from './receiver.ts';

/** @see https://docs.github.com/en/rest/issues/issues */
export const github = issueReceiver({
  base: (url, repository) =>
    under(url, `/repos/${repository.split('/').map(encodeURIComponent).join('/')}/issues`),
  headers: (token) => ({
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    authorization: `Bearer ${token}`,
  }),
  changedSince: (time) => `state=all&since=${time}`,
  numberKey: 'number',
  textKey: 'body',
  labels: (labels) => labels,
  updates: 'PATCH',
  closed: { state: 'closed', state_reason: 'completed' },
  comments: '/comments',
});
