/** Proofs of ownership: when they are asked for, what is taken for one, and where it is read. */
import type { Bug } from './bug.ts';

const PROOFS = 'test/reconcile/proofs.test.ts';
const READERS = 'test/edges/challenge/readers.test.ts';

export const CHALLENGES: readonly Bug[] = [
  {
    name: 'a challenge is asked for again while the file of the last one is not there',
    breaks: ['F16'],
    file: 'src/reconcile/proofs.ts',
    find: 'if (ageMs >= DAY_MS) return this.#askedAnew(one);\n    throw new ChallengeError(one.shown, whyMissing(filename));',
    replace: 'return this.#askedAnew(one);',
    caughtBy: [PROOFS],
  },
  {
    name: 'a challenge is asked for before the ledger knows of it',
    breaks: ['13', 'F16'],
    file: 'src/reconcile/proofs.ts',
    find: 'await ledger.beginChallenge(scope, asked);',
    replace: '',
    caughtBy: [PROOFS],
  },
  {
    name: 'a challenge is shared by scopes',
    breaks: ['F16'],
    file: 'src/reconcile/proofs.ts',
    find: 'return JSON.stringify([scopeKey(plan.scope), destination]);',
    replace: "return JSON.stringify([typeof scopeKey(plan.scope), '', destination]);",
    caughtBy: [PROOFS],
  },
  {
    name: 'the token of a challenge is sent although it has expired',
    breaks: ['F16'],
    file: 'src/core/plan/challenge.ts',
    find: 'return (expiryOf(token) ?? Infinity) <= now;',
    replace: 'return (expiryOf(token) ?? Infinity) <= now - 1e15;',
    caughtBy: [PROOFS],
  },
  {
    name: 'a challenge whose token Cloudflare does not take is passed',
    breaks: ['F16'],
    file: 'src/reconcile/proofs.ts',
    find: 'return await api.validateOwnership(plan.scope, need.destination, token, call);',
    replace: '(await api.validateOwnership(plan.scope, need.destination, token, call));\n      return true;',
    caughtBy: [PROOFS],
  },
  {
    name: 'the token of a challenge stands in the ledger',
    breaks: ['39', 'H80'],
    file: 'src/reconcile/proofs.ts',
    find: '    this.#tokens.set(keyOf(one), token);',
    replace:
      '    this.#tokens.set(keyOf(one), token);\n    await ledger.recordChallenge(plan.scope, { ...asked, filename: `${asked.filename} ${token.reveal()}` });',
    caughtBy: [PROOFS],
  },
  {
    name: 'a replace that waits for a challenge is begun',
    breaks: ['5'],
    file: 'src/core/plan/plan-replace.ts',
    find: 'if (unproven !== null) return unproven;',
    replace: 'if (unproven === undefined) return unproven;',
    caughtBy: [PROOFS],
  },
  {
    name: 'the token of a challenge that Cloudflare refused is shown again',
    breaks: ['F16'],
    file: 'src/reconcile/proofs.ts',
    find: 'await ledger.recordChallenge(plan.scope, { ...asked, refused: true });\n    } catch',
    replace: 'await ledger.recordChallenge(plan.scope, { ...asked });\n    } catch',
    caughtBy: [PROOFS],
  },
  {
    name: 'the region of a destination becomes part of an address unseen',
    breaks: ['H57'],
    file: 'src/edges/challenge/s3.ts',
    find: 'if (!REGION.test(region))',
    replace: 'if (!REGION.test(region) && region === "")',
    caughtBy: [READERS],
  },
  {
    name: 'a link leads the reader of a folder out of it',
    breaks: ['H75'],
    file: 'src/edges/challenge/folder.ts',
    find: 'if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {',
    replace: 'if (!real.startsWith(sep)) {',
    caughtBy: [READERS],
  },
  {
    name: 'a command that reads challenges is given our own credentials',
    breaks: ['H52', '39'],
    file: 'src/edges/challenge/command.ts',
    find: '.filter(([name]) => !OWN_VARIABLE.test(name))',
    replace: '.filter(([name]) => name !== "")',
    caughtBy: [READERS],
  },
];
