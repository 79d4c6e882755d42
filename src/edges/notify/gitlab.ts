import { issueReceiver } from './issue.ts';
import { under } from './receiver.ts';

/** @see https://docs.gitlab.com/api/issues/ */
export const gitlab = issueReceiver({
  base: (url, repository) => under(url, `/projects/${encodeURIComponent(repository)}/issues`),
  headers: (token) => ({ 'private-token': token }),
  changedSince: (time) => `state=all&scope=all&updated_after=${time}`,
  numberKey: 'iid',
  textKey: 'description',
  labels: (labels) => labels.join(','),
  updates: 'PUT',
  closed: { state_event: 'close' },
  comments: '/notes',
});
