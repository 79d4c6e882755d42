import type { ErrorRow } from './error-row.ts';

/** What GraphQL says no with: status 200, and a word in place of a number (docs of the GraphQL Analytics API, Error responses). */
export const GRAPHQL_ROWS: readonly ErrorRow[] = [
  {
    name: 'analytics-refused',
    kind: 'missing-right',
    when: { statuses: [200], text: /does not have access to the path|not authorized/i },
    example: 'zone … does not have access to the path',
    says: 'The token lacks the right to the analytics of that zone or account, or its plan does not have them.',
    next: 'Give the token "Analytics: Read" on the zone or "Account Analytics: Read" on the account, or set health.graphql to off.',
  },
  {
    name: 'analytics-budget',
    kind: 'later',
    when: { statuses: [200], text: / \(budget\)$/ },
    example: 'limit reached, please try reduced time period (budget)',
    says: 'The queries of GraphQL that this token or account has in 5 minutes are used up.',
    next: 'Wait; if it comes often, raise health.graphql_interval_seconds.',
  },
];
