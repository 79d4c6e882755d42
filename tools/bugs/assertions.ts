/** The last check before a write, and jobs that move between scopes. */
import type { Bug } from './bug.ts';

const FILE = 'src/core/plan/invariants.ts';
const RULES = 'test/core/plan/invariants.test.ts';
const SWITCH = 'test/reconcile/pass/invariants.test.ts';
const ARRIVALS = 'test/reconcile/loop/arrivals.test.ts';

/** A rule of the last check that is never broken. */
function blind(rule: string, breaks: readonly string[], find: string, replace: string): Bug {
  return {
    name: `the last check is blind to ${rule}`,
    breaks: ['45', ...breaks],
    file: FILE,
    find,
    replace,
    caughtBy: [RULES],
    test: 'a write is refused',
  };
}

export const ASSERTIONS: readonly Bug[] = [
  blind(
    'a write to another scope',
    ['1', 'F28'],
    'scopeKey(write.scope) !== scopeKey(desired.scope),',
    'write.scope === null,',
  ),
  blind(
    'a job that no listing has shown',
    ['1', '22'],
    "write.method !== 'POST' && !live && !owner,",
    "write.method === 'POST' && !write.body && !live && !owner,",
  ),
  blind('a job of somebody else', ['1'], "'foreign-job': isForeign,", "'foreign-job': () => false,"),
  blind(
    'a job that nobody wants',
    ['3'],
    "write.method === 'POST' && !wanted,",
    "write.method === 'POST' && !wanted && !write.body,",
  ),
  blind(
    'a job beside an equal one',
    ['3'],
    "'create-beside-equal': isBesideEqual,",
    "'create-beside-equal': () => false,",
  ),
  blind(
    'the delete of a job that is wanted',
    ['4'],
    "'delete-of-desired': isWanted,",
    "'delete-of-desired': () => false,",
  ),
  blind(
    'prune: never',
    ['4'],
    "pruneOf(desired, policy).value === 'never',",
    'pruneOf(desired, policy).value === undefined,',
  ),
  blind('a protected job', ['5'], "'protected-job': isProtected,", "'protected-job': () => false,"),
  blind('mode observe', ['19'], "'observe-mode': isObserved,", "'observe-mode': () => false,"),
  blind(
    'a reference in a destination',
    ['28'],
    "['destination_conf', 'ownership_challenge'].some(",
    '[].some(',
  ),
  blind(
    'an empty destination',
    ['28'],
    "textOf(body['destination_conf']).trim() === '',",
    "textOf(body['destination_conf']) === null,",
  ),
  blind(
    'a field that cannot be changed',
    ['17'],
    "return field?.managedBy === 'cloudflare' || (write.method === 'PUT' && field?.immutable === true);",
    "return field?.name === '' && write.method === 'PUT';",
  ),
  blind(
    'a destination that is not allowed',
    ['H57'],
    'refusalOfDestination({ fields: body }, policy.allowedDestinations) !== null,',
    'policy === undefined,',
  ),
  blind(
    'one removal too many',
    ['5'],
    'one.removals >= one.allowedRemovals',
    'one.removals > one.allowedRemovals',
  ),
  {
    name: 'a write that breaks an invariant is sent',
    breaks: ['45'],
    file: 'src/reconcile/pass/invariants.ts',
    find: 'if (broken !== null) throw this.#violationBy(write, broken, scope, listing);',
    replace: 'if (broken !== null) this.#violationBy(write, broken, scope, listing);',
    caughtBy: [SWITCH],
  },
  {
    name: 'writing goes on after a broken invariant',
    breaks: ['45'],
    file: 'src/reconcile/pass/invariants.ts',
    find: '  writes.turnOff(invariant);\n',
    replace: '',
    caughtBy: [SWITCH],
  },
  {
    name: 'a broken invariant is not told',
    breaks: ['45', '43'],
    file: 'src/reconcile/pass/invariants.ts',
    find: "  emit({ type: 'invariant.violated', passId, scope, invariant, ...request, error });\n",
    replace: '',
    caughtBy: [SWITCH],
  },
  {
    name: 'the last check does not count what the pass has removed',
    breaks: ['45', '5'],
    file: 'src/reconcile/pass/invariants.ts',
    find: 'if (target !== null && isRemoval(write, facts)) this.#removed.add(target);',
    replace: '',
    caughtBy: [SWITCH],
  },
  {
    name: 'a job that moves to another zone is deleted before it is made there',
    breaks: ['8'],
    file: 'src/reconcile/loop/arrivals.ts',
    find: "if (change.action !== 'delete' || change.keeps || change.class !== 'pending') return null;",
    replace: "if (change.action !== 'replace' || change.keeps || change.class !== 'pending') return null;",
    caughtBy: [ARRIVALS],
  },
  {
    name: 'a job that moves is deleted while nobody has looked where it goes',
    breaks: ['8'],
    file: 'src/reconcile/loop/arrivals.ts',
    find: 'if (plan === undefined) return true;',
    replace: 'if (plan === undefined) return false;',
    caughtBy: [ARRIVALS],
  },
];
