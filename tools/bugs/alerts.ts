/** What people are told of what is wrong: once, to its end, and by one name. */
import type { Bug } from './bug.ts';

const DUE = 'test/core/alert/due.test.ts';
const STANDING = 'test/core/alert/standing.test.ts';
const CENTER = 'test/reconcile/alert/center.test.ts';
const MAILBOX = 'test/edges/notify/mailbox.test.ts';
const OUTBOX = 'test/edges/notify/outbox.test.ts';
const RECEIVERS = 'test/edges/notify/receivers.test.ts';

export const ALERT_BUGS: readonly Bug[] = [
  {
    name: 'nobody is told that it is over',
    breaks: ['43'],
    file: 'src/core/alert/due.ts',
    find: 'if (isGroupOver || isPartOver) tell(',
    replace: 'if (group !== undefined && (isGroupOver || isPartOver)) tell(',
    caughtBy: [DUE],
  },
  {
    name: 'the interval of repeats is ignored',
    breaks: ['43'],
    file: 'src/core/alert/due.ts',
    find: 'return now - before.at >= repeatMs && !waiting',
    replace: 'return now >= before.at && !waiting',
    caughtBy: [DUE],
  },
  {
    name: 'an alert has another name after a restart',
    breaks: ['43'],
    file: 'src/core/alert/standing.ts',
    find: 'const fingerprint = fingerprintOf(reason, about);',
    replace: 'const fingerprint = fingerprintOf(reason, [...about, `${first.firstAt}`]);',
    caughtBy: [STANDING],
  },
  {
    name: 'one cause is an alert for each job',
    breaks: ['43'],
    file: 'src/core/alert/standing.ts',
    find: "(cause === null ? (passId ?? '') : null)",
    replace: "(cause === '' ? null : (passId ?? ''))",
    caughtBy: [STANDING, CENTER],
  },
  {
    name: 'what matters least is told where only the worst is asked for',
    breaks: ['43'],
    file: 'src/core/alert/filter.ts',
    find: 'SEVERITIES.indexOf(severity) < SEVERITIES',
    replace: 'SEVERITIES.indexOf(severity) > SEVERITIES',
    caughtBy: [DUE],
  },
  {
    name: 'what was not looked at is told as over',
    breaks: ['43', '44'],
    file: 'src/reconcile/alert/center.ts',
    find: 'return lookedAt !== undefined && seenAt < lookedAt;',
    replace: 'return lookedAt === undefined || seenAt < lookedAt;',
    caughtBy: [CENTER],
  },
  {
    name: 'an alert is sent before it is on disk',
    breaks: ['43'],
    file: 'src/edges/notify/mailbox.ts',
    find: '      await this.#ports.saved();\n    }',
    replace: '    }',
    caughtBy: [OUTBOX],
    test: 'has on disk what it sends',
  },
  {
    name: 'what is taken up while the file is written is sent before it is on disk',
    breaks: ['43'],
    file: 'src/edges/notify/mailbox.ts',
    find: 'while (this.#isNew) {',
    replace: 'if (this.#isNew) {',
    caughtBy: [MAILBOX],
  },
  {
    name: 'an alert that finds no room vanishes without a word',
    breaks: ['43'],
    file: 'src/edges/notify/mailbox.ts',
    find: 'if (missed.length === 0) return;',
    replace: 'if (missed.length >= 0) return;',
    caughtBy: [MAILBOX],
  },
  {
    name: 'a receiver that hangs keeps the process from ending',
    breaks: ['43'],
    file: 'src/edges/notify/outbox.ts',
    find: '    this.#stopNow.abort();\n',
    replace: '',
    caughtBy: [MAILBOX],
    test: 'gives up the message that hangs',
  },
  {
    name: 'a record that cannot be saved is told as over by the next pass',
    breaks: ['43'],
    file: 'src/core/alert/reasons.ts',
    find: "Nothing is lost before a restart.',\n    endsBy: 'event',",
    replace: "Nothing is lost before a restart.',\n    endsBy: 'pass',",
    caughtBy: [CENTER],
  },
  {
    name: 'drift that was put right is told as if it still stood',
    breaks: ['43'],
    file: 'src/reconcile/alert/center.ts',
    find: 'if (sight.healed) this.#standing.sayNext(sight.healed.fault, sight.healed.next);',
    replace: '',
    caughtBy: [CENTER],
  },
  {
    name: 'a receiver that asks for time gets none',
    breaks: ['43'],
    file: 'src/edges/notify/courier.ts',
    find: 'return Number.isFinite(ms) ? Math.max(0, ms) : null;',
    replace: 'return Number.isFinite(ms) ? 0 : null;',
    caughtBy: [RECEIVERS],
    test: 'is passing',
  },
  {
    name: 'a job’s name may call the whole channel in Slack',
    breaks: ['H30'],
    file: 'src/edges/notify/slack.ts',
    find: ".replaceAll('<', '&lt;')",
    replace: '',
    caughtBy: [RECEIVERS],
    test: 'of Slack shows foreign text',
  },
  {
    name: 'Alertmanager is not told that it is over',
    breaks: ['43'],
    file: 'src/edges/notify/alertmanager.ts',
    find: "endsAt: status === 'resolved' ? at : ends.toISOString(),",
    replace: 'endsAt: status === at ? at : ends.toISOString(),',
    caughtBy: [RECEIVERS],
    test: 'of Alertmanager has the same labels',
  },
];
