/** The receiver against Alertmanager's own program. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { alertOf, fingerprintOf, noticeOf, type Notice } from '../../../src/core/alert/alert.ts';
import { carry } from '../../../src/edges/notify/courier.ts';
import { alertmanagerCommand } from '../../../tools/alertmanager.ts';
import { aGroup, aSubject } from '../../core/alert/alerts.ts';
import { fill, temporaryFolder } from '../temporary-folder.ts';
import { aReceiver, courier, type Loopback, openLoopback } from './loopback.ts';

const { command, why } = alertmanagerCommand();
if (command === null) process.stderr.write(`SKIPPED: no alert was sent to a real Alertmanager: ${why}\n`);

const MINUTE_MS = 60_000;

/** An Alertmanager without a cluster that tells this receiver at once of all that it learns. */
async function startAlertmanager(told: Loopback): Promise<string> {
  const folder = temporaryFolder();
  const webhook = { url: told.url, send_resolved: true };
  const route = { receiver: 'test', group_by: ['...'], group_wait: '0s', group_interval: '100ms' };
  const config = JSON.stringify({ route, receivers: [{ name: 'test', webhook_configs: [webhook] }] });
  fill(folder, { 'alertmanager.yml': config });
  const [program = '', ...before] = command ?? [];
  const child = spawn(program, [
    ...before,
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
    '--cluster.listen-address=',
  ]);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address] = /msg="Listening on" address=(\S+)/.exec(said) ?? [];
      if (address !== undefined) resolve(`http://${address}`);
    });
    void ended.then(() => reject(new Error(`Alertmanager ended: ${said}`)));
  });
}

interface Known {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
}

/** What it holds to stand. */
async function activeIn(url: string): Promise<readonly Known[]> {
  return (await (await fetch(`${url}/api/v2/alerts?active=true`)).json()) as Known[];
}

/** The statuses of what it has told, as the people behind it get them. */
async function statusesAt(told: Loopback, count: number): Promise<readonly string[]> {
  await told.until(() => told.got.length >= count);
  return told.got.map(({ body }) => (JSON.parse(body) as { status: string }).status);
}

function tell(url: string, ...notices: readonly Notice[]) {
  const spec = aReceiver({ type: 'alertmanager', url }, { repeatMs: 5 * MINUTE_MS });
  return carry(notices, spec, courier(), new AbortController().signal);
}

const OK = { isDelivered: true, said: 'HTTP 200' };

describe.skipIf(command === null)('Alertmanager itself', () => {
  it('knows an alert from its first message to its last as one, and tells both to who stands behind it', async () => {
    const told = await openLoopback();
    const url = await startAlertmanager(told);
    const since = Date.now() - 2 * MINUTE_MS;
    const key = aSubject().key;
    const group = aGroup({
      fingerprint: fingerprintOf('DriftDetected', [key]),
      since: new Date(since).toISOString(),
    });
    const alert = alertOf(group);

    expect(await tell(url, noticeOf(alert, 'firing', since))).toEqual(OK);
    const [first] = await activeIn(url);
    expect(await tell(url, noticeOf(alert, 'firing', since + MINUTE_MS, 1))).toEqual(OK);
    const [again, ...others] = await activeIn(url);

    expect(others).toEqual([]);
    expect(first).toMatchObject({
      status: { state: 'active' },
      startsAt: group.since,
      labels: {
        alertname: 'LogpushdDriftDetected',
        severity: 'warning',
        fingerprint: alert.fingerprint,
        zone: 'example.com',
        logpush_job: 'http',
      },
      annotations: { summary: alert.summary, description: alert.detail, action: alert.next },
    });
    expect(again?.labels).toEqual(first?.labels);
    expect(Date.parse(again?.endsAt ?? '')).toBeGreaterThan(Date.now() + 14 * MINUTE_MS);
    expect(await statusesAt(told, 1)).toEqual(['firing']);

    expect(await tell(url, noticeOf(alert, 'resolved', Date.now()))).toEqual(OK);
    expect(await activeIn(url)).toEqual([]);
    expect(await statusesAt(told, 2)).toEqual(['firing', 'resolved']);
  });

  it('takes many alerts in one message, with texts of any kind', async () => {
    const url = await startAlertmanager(await openLoopback());
    const since = new Date(Date.now() - MINUTE_MS).toISOString();
    const what = 'Job "{{ .Labels }}" <!channel> \u{1f525} \\ \' & é';
    const notices = Array.from({ length: 50 }, (_, nth) => {
      const subject = aSubject({ key: `zone/${nth}`, what, detail: '', labels: { zone: what } });
      const fingerprint = fingerprintOf('JobFailing', [subject.key]);
      const group = aGroup({ reason: 'JobFailing', fingerprint, since, subjects: [subject] });
      return noticeOf(alertOf(group), 'firing', Date.now());
    });

    expect(await tell(url, ...notices)).toEqual(OK);

    const known = await activeIn(url);
    expect(known).toHaveLength(50);
    expect(new Set(known.map(({ annotations }) => annotations['summary']))).toEqual(
      new Set([notices[0]?.alert.summary]),
    );
    expect(new Set(known.map(({ labels }) => labels['zone']))).toEqual(new Set([what]));
  });

  it('goes on with one alert for a destination while what was refused there changes', async () => {
    const url = await startAlertmanager(await openLoopback());
    const site = 's3://acme-logs';
    const labels = { destination: site };
    const refused = aSubject({ labels: { ...aSubject().labels, ...labels } });
    const held = aSubject({ key: site, scope: null, job: null, jobId: null, labels });
    const group = aGroup({
      reason: 'DestinationFailing',
      cause: site,
      fingerprint: fingerprintOf('DestinationFailing', [site]),
      since: new Date(Date.now() - MINUTE_MS).toISOString(),
    });
    const told = [[held], [refused], [held, refused]].map((subjects) => alertOf(group, subjects));

    for (const alert of told) expect(await tell(url, noticeOf(alert, 'firing', Date.now()))).toEqual(OK);

    const known = await activeIn(url);
    expect(known.map((one) => one.labels['destination'])).toEqual([site]);
  });
});
