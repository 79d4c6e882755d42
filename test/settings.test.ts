import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { format, inspect } from 'node:util';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { loadSettings, type Settings, type SettingsInput } from '../src/settings.ts';
import { renderFindings } from '../src/settings/finding.ts';
import { aCanary, leaksIn } from './canaries.ts';
import { SETTING_KEYS, settingKey } from '../src/settings/key.ts';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'settings-'));
});

afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

function load(input: Partial<SettingsInput> = {}) {
  return loadSettings({
    flags: {},
    environment: {},
    cwd,
    credentials: 'unused',
    logToTerminal: false,
    ...input,
  });
}

function settings(input: Partial<SettingsInput> = {}): Settings {
  const { settings, findings } = load(input);
  if (settings === null) throw new Error(renderFindings(findings));
  return settings;
}

/** `place code key`, one a finding. */
function found(input: Partial<SettingsInput> = {}): readonly string[] {
  return load(input).findings.map(({ place, code, key }) => `${place} ${code} ${key}`.trim());
}

function messageOf(input: Partial<SettingsInput>): string {
  return load(input)
    .findings.map(({ message }) => message)
    .join('\n');
}

function write(name: string, text: string): void {
  const file = path.join(cwd, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A settings file that holds one key. */
function fileWith(keyPath: string, value: unknown): string {
  return stringify(keyPath.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value));
}

/** By key: a value for the file, the variable and the flag, each different, and where Settings keeps it. */
const VALUES: {
  readonly [key: string]: {
    readonly file: unknown;
    readonly variable: string;
    readonly flag: string;
    readonly read: (settings: Settings) => unknown;
    readonly expected: readonly [file: unknown, variable: unknown, flag: unknown];
  };
} = {
  manifest: {
    file: 'from-file',
    variable: 'a, b',
    flag: 'from-flag',
    read: ({ manifest }) => manifest,
    expected: [
      { kind: 'files', paths: ['from-file'] },
      { kind: 'files', paths: ['a', 'b'] },
      { kind: 'files', paths: ['from-flag'] },
    ],
  },
  'manifest.kubernetes.configMaps': {
    file: ['from-file'],
    variable: 'a, b',
    flag: 'from-flag',
    read: ({ manifest }) => manifest,
    expected: [
      { kind: 'config-maps', names: ['from-file'] },
      { kind: 'config-maps', names: ['a', 'b'] },
      { kind: 'config-maps', names: ['from-flag'] },
    ],
  },
  'cloudflare.base_url': {
    file: 'https://file.example/client/v4/',
    variable: 'https://variable.example/v4',
    flag: 'http://127.0.0.1:9/v4',
    read: ({ cloudflare }) => cloudflare.baseUrl,
    expected: ['https://file.example/client/v4', 'https://variable.example/v4', 'http://127.0.0.1:9/v4'],
  },
  'cloudflare.timeout_ms': numbers([1001, 1002, 1003], ({ cloudflare }) => cloudflare.timeoutMs),
  'cloudflare.quota.requests': numbers([1, 2, 3], ({ cloudflare }) => cloudflare.quota.requests),
  'cloudflare.quota.window_seconds': numbers([4, 5, 6], ({ cloudflare }) => cloudflare.quota.windowSeconds),
  'cloudflare.quota.share': numbers([0.1, 0.2, 0.3], ({ cloudflare }) => cloudflare.quota.share),
  schedule: texts(['@hourly', '*/5 * * * *', '*/10 * * * * *'], (all) => all.schedule),
  timezone: texts(['Europe/Berlin', 'Asia/Tokyo', 'UTC'], (all) => all.timezone),
  mode: texts(['warn', 'observe', 'enforce'], (all) => all.mode),
  prune: texts(['all', 'never', 'owned'], (all) => all.prune),
  adopt: texts(['if_equal', 'never', 'always'], (all) => all.adopt),
  drift_grace_seconds: numbers([900, 0, 60], ({ driftGraceMs }) => driftGraceMs / 1000),
  windows: {
    file: [{ actions: ['delete'], cron: '0 1 * * *', duration: '1h' }],
    variable: '[{"actions":["delete"],"cron":"0 2 * * *","duration":"1h"}]',
    flag: '[{"actions":["delete"],"cron":"0 3 * * *","duration":"1h"}]',
    read: ({ windows }) => windows.map(({ cron }) => cron),
    expected: [['0 1 * * *'], ['0 2 * * *'], ['0 3 * * *']],
  },
  'ownership.name_suffix': texts(['.file', '.variable', '.flag'], ({ ownership }) => ownership.nameSuffix),
  'guard.max_removals': numbers([7, 8, 0], ({ guard }) => guard.maxRemovals),
  'guard.max_removal_share': numbers([0.5, 1, 0], ({ guard }) => guard.maxRemovalShare),
  'guard.allow_gap': {
    file: true,
    variable: 'false',
    flag: 'true',
    read: ({ guard }) => guard.allowGap,
    expected: [true, false, true],
  },
  'guard.overlap_seconds': numbers([10, 0, 30], ({ guard }) => guard.overlapMs / 1000),
  'guard.check_before_delete': {
    file: false,
    variable: 'true',
    flag: 'false',
    read: ({ guard }) => guard.checkBeforeDelete,
    expected: [false, true, false],
  },
  'guard.remove_surplus': {
    file: false,
    variable: 'true',
    flag: 'false',
    read: ({ guard }) => guard.removeSurplus,
    expected: [false, true, false],
  },
  'guard.allowed_destinations': {
    file: ['r2://a', 's3://b'],
    variable: 'r2://c,s3://d',
    flag: 'https://e.example',
    read: ({ guard }) => guard.allowedDestinations,
    expected: [['r2://a', 's3://b'], ['r2://c', 's3://d'], ['https://e.example']],
  },
  'challenge.mode': texts(['off', 'auto', 'off'], ({ challenge }) => (challenge === null ? 'off' : 'auto')),
  'challenge.readers': {
    file: [{ destinations: ['s3://a'], via: 'folder', path: 'file' }],
    variable: '[{"destinations":["s3://a"],"via":"folder","path":"variable"}]',
    flag: '[{"destinations":["s3://a"],"via":"folder","path":"flag"}]',
    read: ({ challenge }) => challenge?.readers.map((reader) => 'path' in reader && reader.path),
    expected: [['file'], ['variable'], ['flag']],
  },
  'health.lagging_after': {
    file: [{ dataset: 'dns_logs', minutes: 1 }],
    variable: '[{"dataset":"dns_logs","minutes":2}]',
    flag: '[{"dataset":"dns_logs","minutes":3}]',
    read: ({ health }) => health.laggingAfter,
    expected: [
      [{ dataset: 'dns_logs', minutes: 1 }],
      [{ dataset: 'dns_logs', minutes: 2 }],
      [{ dataset: 'dns_logs', minutes: 3 }],
    ],
  },
  'health.settle_minutes': numbers([0, 20, 30], ({ health }) => health.settleMs / 60_000),
  'health.reenable': texts(['retry', 'tell', 'retry'], ({ health }) => health.reenable),
  'health.graphql': texts(['off', 'auto', 'off'], ({ health }) => (health.graphql === null ? 'off' : 'auto')),
  'health.graphql_interval_seconds': numbers(
    [60, 600, 3600],
    ({ health }) => (health.graphql?.intervalMs ?? 0) / 1000,
  ),
  'audit.mode': texts(['off', 'auto', 'off'], ({ audit }) => (audit.poll === null ? 'off' : 'auto')),
  'audit.interval_seconds': numbers([10, 30, 120], ({ audit }) => (audit.poll?.intervalMs ?? 0) / 1000),
  'audit.overlap_seconds': numbers([60, 900, 3600], ({ audit }) => audit.overlapMs / 1000),
  secrets_dir: texts(['file', 'variable', 'flag'], (all) => all.secretsDir),
  state: {
    file: 'file:kept',
    variable: 'memory',
    flag: 'file:/elsewhere',
    read: (all) => all.state,
    expected: [{ kind: 'file', path: 'kept' }, { kind: 'memory' }, { kind: 'file', path: '/elsewhere' }],
  },
  http: {
    file: '0.0.0.0:1',
    variable: 'off',
    flag: '[::1]:65535',
    read: (all) => all.http,
    expected: [{ host: '0.0.0.0', port: 1 }, null, { host: '::1', port: 65_535 }],
  },
  alerts: {
    file: [{ type: 'slack', name: 'file', url: '${secret:slack}' }],
    variable: '[{"type":"slack","name":"variable","url":"${secret:slack}"}]',
    flag: '[{"type":"slack","name":"flag","url":"${secret:slack}"}]',
    read: ({ alerts }) => alerts.map(({ name }) => name),
    expected: [['file'], ['variable'], ['flag']],
  },
  runbooks: texts(['https://a.example/', 'https://b.example/x/', ''], (all) => all.runbooks),
  'heartbeat.url': texts(
    ['${secret:file}', '${env:VARIABLE}', '${secret:flag}'],
    ({ heartbeat }) => heartbeat.url,
  ),
  'heartbeat.method': texts(['POST', 'GET', 'POST'], ({ heartbeat }) => heartbeat.method),
  'heartbeat.timeout_seconds': numbers([5, 6, 7], ({ heartbeat }) => heartbeat.timeoutMs / 1000),
  'kubernetes.namespace': texts(['file', 'variable', 'flag'], ({ kubernetes }) => kubernetes.namespace),
  'kubernetes.kubeconfig': texts(['file', 'variable', 'flag'], ({ kubernetes }) => kubernetes.kubeconfig),
  'kubernetes.events': {
    file: true,
    variable: 'false',
    flag: 'true',
    read: ({ kubernetes }) => kubernetes.events,
    expected: [true, false, true],
  },
  // On, it is refused together with the state that stands in a file.
  'leader_election.enabled': {
    file: false,
    variable: 'false',
    flag: 'false',
    read: ({ election }) => election.isEnabled,
    expected: [false, false, false],
  },
  'leader_election.lease_name': texts(['file', 'variable', 'flag'], ({ election }) => election.leaseName),
  'leader_election.lease_duration_seconds': numbers(
    [60, 90, 120],
    ({ election }) => election.leaseDurationMs / 1000,
  ),
  'leader_election.renew_deadline_seconds': numbers(
    [10, 12.5, 15],
    ({ election }) => election.renewDeadlineMs / 1000,
  ),
  'leader_election.retry_period_seconds': numbers(
    [1, 0.5, 3],
    ({ election }) => election.retryPeriodMs / 1000,
  ),
  'log.level': texts(['error', 'warn', 'debug'], ({ log }) => log.level),
  'log.format': texts(['pretty', 'json', 'pretty'], ({ log }) => log.format),
};

function texts(values: readonly [string, string, string], read: (settings: Settings) => unknown) {
  return { file: values[0], variable: values[1], flag: values[2], read, expected: values };
}

function numbers(values: readonly [number, number, number], read: (settings: Settings) => unknown) {
  return { file: values[0], variable: String(values[1]), flag: String(values[2]), read, expected: values };
}

describe('settings', () => {
  it('have every key of the schema in the table of this test', () => {
    expect(Object.keys(VALUES)).toEqual(SETTING_KEYS.map((key) => key.path));
  });

  it.each(Object.entries(VALUES))(
    'take %s from the file, a variable over it, a flag over both',
    (key, row) => {
      write('config/logpushd.yaml', fileWith(key, row.file));
      const environment = { [settingKey(key).variable]: row.variable };
      expect(row.read(settings())).toEqual(row.expected[0]);
      expect(row.read(settings({ environment }))).toEqual(row.expected[1]);
      expect(row.read(settings({ environment, flags: { [key]: row.flag } }))).toEqual(row.expected[2]);
    },
  );

  it('have the defaults of the design', () => {
    expect(settings()).toEqual({
      manifest: { kind: 'files', paths: ['config/manifest'] },
      cloudflare: {
        baseUrl: 'https://api.cloudflare.com/client/v4',
        timeoutMs: 30_000,
        quota: { requests: 1200, windowSeconds: 300, share: 0.8 },
      },
      schedule: '*/15 * * * *',
      timezone: 'UTC',
      mode: 'enforce',
      prune: 'owned',
      adopt: 'always',
      driftGraceMs: 0,
      windows: [],
      ownership: { nameSuffix: '' },
      guard: {
        maxRemovals: 3,
        maxRemovalShare: 0.1,
        allowGap: false,
        overlapMs: 900_000,
        checkBeforeDelete: true,
        removeSurplus: true,
        allowedDestinations: [],
      },
      challenge: { readers: [] },
      health: {
        laggingAfter: [],
        settleMs: 900_000,
        reenable: 'tell',
        graphql: { intervalMs: 300_000 },
      },
      audit: { poll: { intervalMs: 60_000 }, overlapMs: 600_000 },
      secretsDir: '/etc/logpushd/secrets',
      state: { kind: 'file', path: '.logpushd/state' },
      http: { host: '127.0.0.1', port: 8080 },
      alerts: [],
      runbooks: '',
      heartbeat: { url: null, method: 'GET', timeoutMs: 10_000 },
      kubernetes: { namespace: null, kubeconfig: null, events: false },
      election: {
        isEnabled: false,
        leaseName: 'logpushd',
        leaseDurationMs: 30_000,
        renewDeadlineMs: 20_000,
        retryPeriodMs: 5_000,
      },
      log: { level: 'info', format: 'json' },
      credentials: null,
      httpToken: null,
      ingestToken: null,
      traces: null,
      environment: {},
      file: null,
    });
  });

  it('log for people on a terminal unless something says otherwise', () => {
    expect(settings({ logToTerminal: true }).log.format).toBe('pretty');
    expect(settings({ logToTerminal: true, flags: { 'log.format': 'json' } }).log.format).toBe('json');
  });

  it('name the file that they were read from, also where nobody named it', () => {
    mkdirSync(path.join(cwd, 'config'));
    writeFileSync(path.join(cwd, 'config/logpushd.yaml'), 'mode: warn');
    writeFileSync(path.join(cwd, 'own.yaml'), '');
    expect(settings().file).toBe('config/logpushd.yaml');
    expect(settings({ file: 'own.yaml' })).toMatchObject({ file: 'own.yaml', mode: 'enforce' });
  });

  it('are frozen, inside too', () => {
    const all = settings();
    expect(Object.isFrozen(all) && Object.isFrozen(all.guard) && Object.isFrozen(all.cloudflare.quota)).toBe(
      true,
    );
  });

  it('know which keys somebody set', () => {
    write('config/logpushd.yaml', 'mode: warn\n');
    const { given } = load({ environment: { LOGPUSHD_PRUNE: 'all' }, flags: { adopt: 'never' } });
    expect([...given].toSorted()).toEqual(['adopt', 'mode', 'prune']);
  });

  it('come from the file that is named, and not from the default one', () => {
    write('config/logpushd.yaml', 'mode: warn\n');
    write('other.yaml', 'prune: all\n');
    expect(settings({ file: 'other.yaml' })).toMatchObject({ mode: 'enforce', prune: 'all' });
  });

  it('take several manifests from a repeated flag', () => {
    const paths = ['a', 'b,c'];
    expect(settings({ flags: { manifest: paths } }).manifest).toEqual({ kind: 'files', paths });
  });

  it('take the form of the manifest that the stronger place says, whichever it is', () => {
    const key = 'manifest.kubernetes.configMaps';
    const environment = { LOGPUSHD_MANIFEST_KUBERNETES_CONFIGMAPS: 'zones' };
    write('config/logpushd.yaml', fileWith('manifest', 'a-folder'));
    expect(settings({ environment }).manifest).toEqual({ kind: 'config-maps', names: ['zones'] });
    const flags = { manifest: ['here'] };
    expect(settings({ environment, flags }).manifest).toEqual({ kind: 'files', paths: ['here'] });
    write('config/logpushd.yaml', fileWith(key, ['zones']));
    expect(settings({ environment: { LOGPUSHD_MANIFEST: 'here' } }).manifest).toEqual({
      kind: 'files',
      paths: ['here'],
    });
  });

  it('refuse a manifest that the environment names in two forms', () => {
    const environment = { LOGPUSHD_MANIFEST: 'a', LOGPUSHD_MANIFEST_KUBERNETES_CONFIGMAPS: 'b' };
    expect(found({ environment })).toEqual(['LOGPUSHD_MANIFEST contradiction manifest']);
    expect(messageOf({ environment })).toContain('LOGPUSHD_MANIFEST_KUBERNETES_CONFIGMAPS');
  });

  it('count an empty variable as not set, as containers pass them on', () => {
    expect(settings({ environment: { LOGPUSHD_MODE: '', LOGPUSHD_GUARD_MAX_REMOVALS: ' ' } }).mode).toBe(
      'enforce',
    );
  });

  it('take the base URL from the name that Cloudflare’s tools use, unless ours is set too', () => {
    const environment = { CLOUDFLARE_BASE_URL: 'http://localhost:1/client/v4' };
    expect(settings({ environment }).cloudflare.baseUrl).toBe('http://localhost:1/client/v4');
    const both = { ...environment, LOGPUSHD_CLOUDFLARE_BASE_URL: 'http://localhost:2/client/v4' };
    expect(settings({ environment: both }).cloudflare.baseUrl).toBe('http://localhost:2/client/v4');
  });

  it('accept an empty file, and one of comments only', () => {
    for (const text of ['', '# nothing yet\n', 'guard:\ncloudflare: {}\n']) {
      write('config/logpushd.yaml', text);
      expect(settings().mode).toBe('enforce');
    }
  });

  it('have an example for every key that is a valid value', () => {
    for (const { path: key, example } of SETTING_KEYS) {
      write('config/logpushd.yaml', fileWith(key, example));
      expect({ key, findings: found() }).toEqual({ key, findings: [] });
    }
  });

  it('describe every property of the schema, groups included, with an example', () => {
    const schema: unknown = JSON.parse(readFileSync('schemas/settings.schema.json', 'utf8'));
    const lacking: string[] = [];
    const visit = (node: any, at: string): void => {
      for (const [name, child] of Object.entries<any>(node.properties ?? {})) {
        if (typeof child.description !== 'string' || !Array.isArray(child.examples)) lacking.push(at + name);
        visit(child, `${at}${name}.`);
      }
    };
    visit(schema, '');
    expect(lacking).toEqual([]);
  });
});

describe('findings about a settings file', () => {
  const FILE = 'config/logpushd.yaml';

  const TABLE: readonly (readonly [text: string, finding: string, says: string])[] = [
    ['mode: enforec\n', '1:7 not-allowed-value mode', 'Did you mean "enforce"?'],
    ['mode: 5\n', '1:7 wrong-type mode', '5 is not a text'],
    ['mod: warn\n', '1:1 unknown-key mod', 'Did you mean "mode"?'],
    ['guard:\n  max_remvals: 3\n', '2:3 unknown-key guard.max_remvals', 'Did you mean "max_removals"?'],
    ['zzz: 1\n', '1:1 unknown-key zzz', 'Known are manifest, cloudflare'],
    ['constructor: 1\n', '1:1 unknown-key constructor', 'no key "constructor"'],
    ['"": 1\n', '1:1 unknown-key', 'no key ""'],
    ['api_token: secret-thing\n', '1:1 unknown-key api_token', 'CLOUDFLARE_API_TOKEN'],
    ['guard: 3\n', '1:8 wrong-type guard', 'not a mapping'],
    ['- mode\n', '1:1 wrong-type', 'not a mapping'],
    ['cloudflare: { quota: { share: 1.5 } }\n', '1:31 out-of-range cloudflare.quota.share', 'maximum of 1'],
    ['cloudflare: { quota: { share: 0 } }\n', '1:31 out-of-range cloudflare.quota.share', 'not above 0'],
    ['cloudflare: { timeout_ms: 10 }\n', '1:27 out-of-range cloudflare.timeout_ms', 'minimum of 1000'],
    ['cloudflare: { timeout_ms: 1.5e3 }\n', '', ''],
    ['cloudflare: { timeout_ms: 1000.5 }\n', '1:27 wrong-type cloudflare.timeout_ms', 'not a whole number'],
    ['guard: { max_removals: -1 }\n', '1:24 out-of-range guard.max_removals', 'minimum of 0'],
    ['guard: { max_removals: "3" }\n', '1:24 wrong-type guard.max_removals', '"3" is not a whole number'],
    ['guard: { allowed_destinations: r2://a }\n', '1:32 wrong-type guard.allowed_destinations', 'not a list'],
    ['manifest: []\n', '1:11 out-of-range manifest', 'empty'],
    ['manifest: ""\n', '1:11 out-of-range manifest', 'empty'],
    ['manifest:\n', '1:10 wrong-type manifest', 'An empty value'],
    ['manifest: [a, {b: c}]\n', '1:11 wrong-type manifest', '[1]: A mapping'],
    ['manifest: { git: x }\n', '1:13 unknown-key manifest.git', 'Known are kubernetes'],
    [
      'manifest: { kubernetes: { configMaps: [Zones] } }\n',
      '1:39 not-allowed-value manifest.kubernetes.configMaps',
      '[0]: The value is not of the form',
    ],
    [
      'manifest: { kubernetes: { configMaps: [] } }\n',
      '1:39 out-of-range manifest.kubernetes.configMaps',
      'empty',
    ],
    ['schedule: never\n', '1:11 bad-schedule schedule', 'not a cron expression'],
    ['schedule: "61 * * * *"\n', '1:11 bad-schedule schedule', 'The trouble is in the minute.'],
    ['schedule: "0 0 32 2 *"\n', '1:11 bad-schedule schedule', 'The trouble is in the day of month.'],
    ['schedule: "0 0 * * 9"\n', '1:11 bad-schedule schedule', 'The trouble is in the day of week.'],
    [
      'schedule: "0 0 31 2 *"\n',
      '1:11 bad-schedule schedule',
      '"0 0 31 2 *" never fires: none of its months',
    ],
    ['schedule: "0 0 0 30,31 feb *"\n', '1:11 bad-schedule schedule', 'never fires'],
    ['schedule: "0 0 31 4,5 *"\n', '', ''],
    ['schedule: "0 0 * *12345678901234567890 *"\n', '1:11 bad-schedule schedule', 'not a cron expression'],
    ['schedule: "1-123456789012 * * * *"\n', '1:11 bad-schedule schedule', 'not a cron expression'],
    ['schedule: "0 0 29 2 *"\n', '', ''],
    ['schedule: "@reboot"\n', '1:11 bad-schedule schedule', '@hourly'],
    ['schedule: "*/5 * * * * *"\n', '1:11 bad-schedule schedule', 'every 5 s'],
    ['schedule: "0,55 * * * * *"\n', '1:11 bad-schedule schedule', 'every 5 s'],
    ['schedule: "0,55 7 * * * *"\n', '', ''],
    ['schedule: "* * * * * *"\n', '1:11 bad-schedule schedule', 'every 1 s'],
    ['schedule: "*/10 * * * * *"\n', '', ''],
    ['timezone: Europe/Berln\n', '1:11 bad-timezone timezone', 'Did you mean "Europe/Berlin"?'],
    ['cloudflare: { base_url: nowhere }\n', '1:25 bad-url cloudflare.base_url', 'not an http or https'],
    ['cloudflare: { base_url: "ftp://a.example" }\n', '1:25 bad-url cloudflare.base_url', 'not an http'],
    ['cloudflare: { base_url: "http://a.example" }\n', '1:25 bad-url cloudflare.base_url', 'unencrypted'],
    [
      'cloudflare: { base_url: "http://127.0.0.1.evil.example" }\n',
      '1:25 bad-url cloudflare.base_url',
      'unencrypted',
    ],
    ['cloudflare: { base_url: "https://a.example/?x=1" }\n', '1:25 bad-url cloudflare.base_url', 'a query'],
    ['cloudflare: { base_url: "http://[::1]:80/v4" }\n', '', ''],
    ['state: kubernetes:logpushd-state\n', '', ''],
    ['state: kubernetes:Logpushd\n', '1:8 bad-state state', 'kubernetes:NAME'],
    [`state: kubernetes:${'a'.repeat(61)}\n`, '1:8 bad-state state', 'at most 60'],
    ['state: configmap:logpushd\n', '1:8 bad-state state', 'file:PATH'],
    ['state: "file:"\n', '1:8 bad-state state', 'file:PATH'],
    ['http: localhost\n', '1:7 bad-http http', 'HOST:PORT'],
    ['http: "127.0.0.1:99999"\n', '1:7 bad-http http', 'HOST:PORT'],
    ['http: 8080\n', '1:7 wrong-type http', '"127.0.0.1:8080"'],
    ['http: off\n', '', ''],
    [
      'state: memory\nleader_election: { enabled: true, lease_duration_seconds: 24 }\n',
      '2:29 bad-election leader_election.renew_deadline_seconds',
      '20 is not below five sixths of lease_duration_seconds (24)',
    ],
    [
      'state: memory\nleader_election: { enabled: true, renew_deadline_seconds: 6 }\n',
      '2:29 bad-election leader_election.retry_period_seconds',
      'not below renew_deadline_seconds (6)',
    ],
    [
      'leader_election: { enabled: true }\n',
      '1:29 bad-election state',
      '"file:.logpushd/state" is on a disk that other replicas do not see',
    ],
    [
      'leader_election: { enabled: true }\nstate: file:/data\n',
      '2:8 bad-election state',
      '"kubernetes:NAME"',
    ],
    ['leader_election: { enabled: true }\nstate: memory\n', '', ''],
    ['leader_election: { retry_period_seconds: 99 }\n', '', ''],
    [
      'leader_election: { lease_name: Upper }\n',
      '1:32 not-allowed-value leader_election.lease_name',
      'not of the form',
    ],
    ['mode: warn\nmode: observe\n', '2:1 bad-yaml', 'already set above'],
    ['mode: [\n', '2:1 bad-yaml', 'not closed'],
    ['guard:\n\tmax_removals: 3\n', '2:1 bad-yaml', 'tab'],
    ['mode: warn\n---\nmode: observe\n', '3:1 unreadable-settings', 'put all keys into the first'],
    ['mode: &m warn\nprune: *m\n', '2:8 wrong-type prune', 'no YAML aliases'],
  ];

  it.each(TABLE)('%j is %s', (text, finding, says) => {
    write(FILE, text);
    expect(found()).toEqual(finding === '' ? [] : [`${FILE}:${finding}`]);
    expect(messageOf({})).toContain(says);
  });

  it('refuse the settings as a whole', () => {
    write(FILE, 'mode: enforec\nprune: all\n');
    expect(load().settings).toBeNull();
  });

  it.each(['[', '{a: ', '- ', '? '])('refuse a file that nests %j ten thousand times', (piece) => {
    write(FILE, `mode:\n  ${piece.repeat(10_000)}`);
    expect(found()).toEqual([`${FILE} bad-yaml`]);
    expect(messageOf({})).toContain('nested more than 32 deep');
  });

  it('name a file that does not exist only when it was asked for', () => {
    expect(found()).toEqual([]);
    expect(found({ file: 'gone.yaml' })).toEqual(['gone.yaml unreadable-settings']);
    expect(messageOf({ file: 'gone.yaml' })).toBe(
      'The settings file does not exist. Create it, or name another with --settings.',
    );
    expect(messageOf({ file: '.' })).toBe(
      'The settings file is a folder, not a file. Make it a file that this user may read, or name another with --settings.',
    );
  });

  it('come all at once, from file, variables, flags and credentials', () => {
    write(FILE, 'mode: enforec\nhttp: 8080\n');
    const input = {
      environment: { LOGPUSHD_PRUNE: 'ownd' },
      flags: { adopt: 'alway' },
      credentials: 'needed' as const,
    };
    expect(found(input)).toEqual([
      `${FILE}:1:7 not-allowed-value mode`,
      `${FILE}:2:7 wrong-type http`,
      'LOGPUSHD_PRUNE not-allowed-value prune',
      '--adopt not-allowed-value adopt',
      'CLOUDFLARE_API_TOKEN missing-credentials',
    ]);
  });

  it('never quote a password of an address or the value of an unknown key', () => {
    write(FILE, 'cloudflare: { base_url: "https://me:hunter2@a.example/" }\napi_key: hunter2\n');
    expect(renderFindings(load().findings)).not.toContain('hunter2');
  });

  it('print no character that acts on a terminal', () => {
    write(FILE, '"mo\\u001b[31mde\\u202e": 1\n');
    expect(renderFindings(load().findings)).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe('findings about variables and flags', () => {
  it('name the variable', () => {
    expect(found({ environment: { LOGPUSHD_CLOUDFLARE_TIMEOUT_MS: 'fast' } })).toEqual([
      'LOGPUSHD_CLOUDFLARE_TIMEOUT_MS wrong-type cloudflare.timeout_ms',
    ]);
    expect(found({ environment: { LOGPUSHD_MANIFEST: ',' } })).toEqual([
      'LOGPUSHD_MANIFEST out-of-range manifest',
    ]);
    expect(found({ environment: { CLOUDFLARE_BASE_URL: 'x' } })).toEqual([
      'CLOUDFLARE_BASE_URL bad-url cloudflare.base_url',
    ]);
  });

  it('name the flag', () => {
    expect(found({ flags: { 'guard.max_removals': '3x' } })).toEqual([
      '--max-removals wrong-type guard.max_removals',
    ]);
    expect(found({ flags: { 'guard.max_removals': '2.5' } })).toEqual([
      '--max-removals wrong-type guard.max_removals',
    ]);
  });

  it('warn of a variable that sets nothing, with the one that is meant', () => {
    const environment = { LOGPUSHD_SCHEDUL: '@daily' };
    expect(found({ environment })).toEqual(['LOGPUSHD_SCHEDUL unknown-variable']);
    expect(messageOf({ environment })).toContain('"LOGPUSHD_SCHEDULE"');
    expect(load({ environment }).settings).not.toBeNull();
  });

  it('are refused where they switch the checks of certificates off', () => {
    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    expect(found({ environment })).toEqual(['NODE_TLS_REJECT_UNAUTHORIZED unchecked-certificates']);
    expect(found({ environment: { NODE_TLS_REJECT_UNAUTHORIZED: '1' } })).toEqual([]);
  });

  it('do not warn of what Kubernetes sets for a Service of our name', () => {
    const environment = {
      LOGPUSHD_SERVICE_HOST: '10.0.0.1',
      LOGPUSHD_SERVICE_PORT: '8080',
      LOGPUSHD_SERVICE_PORT_HTTP: '8080',
      LOGPUSHD_PORT: 'tcp://10.0.0.1:8080',
      LOGPUSHD_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      LOGPUSHD_PORT_8080_TCP_PROTO: 'tcp',
      LOGPUSHD_PORT_8080_TCP_ADDR: '10.0.0.1',
    };
    expect(found({ environment })).toEqual([]);
  });
});

describe('credentials', () => {
  const needed = { credentials: 'needed' } as const;

  it('are a token, a file that holds one, or a global key, the token before the key', () => {
    write('token', 'from-file\n');
    const key = { CLOUDFLARE_EMAIL: 'me@acme.example', CLOUDFLARE_API_KEY: 'global' };
    expect(
      settings({ ...needed, environment: { CLOUDFLARE_API_TOKEN: ' t0ken\n', ...key } }).credentials,
    ).toMatchObject({ kind: 'token' });
    expect(settings({ ...needed, environment: { CLOUDFLARE_API_TOKEN_FILE: 'token' } }).credentials).toEqual({
      kind: 'token-file',
      path: path.join(cwd, 'token'),
    });
    expect(settings({ ...needed, environment: key }).credentials).toMatchObject({
      kind: 'global-key',
      email: 'me@acme.example',
    });
  });

  it('are trimmed of what a pasted line brings along', () => {
    const { credentials } = settings({ ...needed, environment: { CLOUDFLARE_API_TOKEN: ' t0ken\n' } });
    expect(credentials?.kind === 'token' && credentials.token.reveal()).toBe('t0ken');
  });

  it('do not show in the settings', () => {
    const { credentials } = settings({ ...needed, environment: { CLOUDFLARE_API_TOKEN: 't0ken' } });
    expect(JSON.stringify(credentials)).not.toContain('t0ken');
  });

  it.each([
    [{}, 'CLOUDFLARE_API_TOKEN missing-credentials', 'logpushd run --sandbox'],
    [
      { CLOUDFLARE_API_TOKEN: '' },
      'CLOUDFLARE_API_TOKEN missing-credentials',
      'export CLOUDFLARE_API_TOKEN=',
    ],
    [{ CF_API_TOKEN: 'x' }, 'CLOUDFLARE_API_TOKEN missing-credentials', 'CF_API_TOKEN is set, but'],
    [
      { CLOUDFLARE_EMAIL: 'a@b.example' },
      'CLOUDFLARE_EMAIL missing-credentials',
      'CLOUDFLARE_API_KEY is not',
    ],
    [{ CLOUDFLARE_API_KEY: 'k' }, 'CLOUDFLARE_API_KEY missing-credentials', 'CLOUDFLARE_EMAIL is not'],
    [
      { CLOUDFLARE_API_TOKEN: 'a', CLOUDFLARE_API_TOKEN_FILE: 'b' },
      'CLOUDFLARE_API_TOKEN bad-credentials',
      'Unset one',
    ],
    [{ CLOUDFLARE_API_TOKEN: 'Bearer abc' }, 'CLOUDFLARE_API_TOKEN bad-credentials', 'the token alone'],
    [{ CLOUDFLARE_API_TOKEN: '"abc"' }, 'CLOUDFLARE_API_TOKEN bad-credentials', 'quotes'],
    [{ CLOUDFLARE_API_TOKEN: 'ab\ncd' }, 'CLOUDFLARE_API_TOKEN bad-credentials', 'line break'],
    [{ CLOUDFLARE_API_TOKEN: 'abc…' }, 'CLOUDFLARE_API_TOKEN bad-credentials', 'no token has'],
    [{ CLOUDFLARE_API_TOKEN_FILE: 'gone' }, 'CLOUDFLARE_API_TOKEN_FILE bad-credentials', 'does not exist'],
    [
      { CLOUDFLARE_API_TOKEN_FILE: '.' },
      'CLOUDFLARE_API_TOKEN_FILE bad-credentials',
      'The file . is a folder, not a file. Name a file that',
    ],
  ])('%j is %s', (environment, finding, says) => {
    expect(found({ ...needed, environment })).toEqual([finding]);
    expect(messageOf({ ...needed, environment })).toContain(says);
  });

  it.each([
    ['', 'The file tok is empty. Name a file that'],
    ['abc\ndef\n', 'The file tok has a line break inside.'],
    ['Bearer abc', 'The file tok starts with "Bearer".'],
    ["'abc'", 'The file tok has quotes around the token'],
    ['abc…', 'The file tok holds a space or a letter that no token has.'],
  ])('name the file when it holds %j', (content, says) => {
    write('tok', content);
    expect(messageOf({ ...needed, environment: { CLOUDFLARE_API_TOKEN_FILE: 'tok' } })).toContain(says);
    const environment = { LOGPUSHD_HTTP_TOKEN_FILE: 'tok' };
    expect(messageOf({ environment, servesHttp: true })).toContain(says);
  });

  it('are not looked at where they are not used, and not asked for where they are optional', () => {
    const environment = { CLOUDFLARE_API_TOKEN_FILE: 'gone' };
    expect(found({ environment })).toEqual([]);
    expect(found({ environment, credentials: 'optional' })).toHaveLength(1);
    expect(found({ environment: { CLOUDFLARE_EMAIL: 'a@b.example' }, credentials: 'optional' })).toEqual([]);
  });

  it('of HTTP callers are read only by what serves HTTP', () => {
    write('http-token', 'open-sesame\n');
    const environment = { LOGPUSHD_HTTP_TOKEN_FILE: 'http-token' };
    expect(settings({ environment, servesHttp: true }).httpToken?.reveal()).toBe('open-sesame');
    expect(settings({ environment }).httpToken).toBeNull();
    expect(found({ environment: { LOGPUSHD_HTTP_TOKEN_FILE: 'gone' }, servesHttp: true })).toEqual([
      'LOGPUSHD_HTTP_TOKEN_FILE bad-credentials',
    ]);
  });

  it('of people and of Cloudflare, as callers, are two', () => {
    const environment = { LOGPUSHD_HTTP_TOKEN: 'of-people', LOGPUSHD_INGEST_TOKEN: 'of-cloudflare' };
    const { httpToken, ingestToken } = settings({ environment, servesHttp: true });
    expect([httpToken?.reveal(), ingestToken?.reveal()]).toEqual(['of-people', 'of-cloudflare']);
    expect(settings({ environment }).ingestToken).toBeNull();
  });
});

describe('settings that are printed', () => {
  const [token, httpToken, other] = ['token', 'http token', 'another variable'].map(aCanary);
  const environment = {
    CLOUDFLARE_API_TOKEN: token?.core,
    LOGPUSHD_HTTP_TOKEN: httpToken?.core,
    AWS_SECRET_ACCESS_KEY: other?.value,
  };
  const printed = (): Settings => settings({ environment, credentials: 'needed', servesHttp: true });

  it.each<[how: string, print: (value: Settings) => string]>([
    ['inspect', (value) => inspect(value, { depth: Infinity, showHidden: true, getters: true })],
    ['inspect of a proxy', (value) => inspect(new Proxy({ ...value }, {}), { depth: 9, showProxy: true })],
    ['JSON', (value) => JSON.stringify(value)],
    ['String', (value) => `${String(value)} ${Object.values(value).map(String).join(' ')}`],
    [
      'a template',
      ({ environment, credentials, httpToken }) =>
        [environment, credentials, httpToken].map(String).join(' '),
    ],
    ['format', (value) => format('%s %o %O %j', value, value, value, value)],
    ['a copy', (value) => inspect({ ...value, log: null }, { depth: 9, showHidden: true })],
    ['the cause of an error', (value) => inspect(new Error('x', { cause: value }), { depth: 9 })],
    ['an error of errors', (value) => inspect(new AggregateError([value]), { depth: 9, showHidden: true })],
    ['a map', (value) => inspect(new Map([[value.environment, value]]), { depth: 9, showHidden: true })],
    ['entries', ({ environment }) => JSON.stringify([Object.entries(environment), { ...environment }])],
    ['a structured clone', ({ environment }) => inspect(structuredClone({ environment }), { depth: 9 })],
  ])('as %s show no variable and no credential', (_how, print) => {
    expect(leaksIn(print(printed()), [token!, httpToken!, other!])).toEqual([]);
  });

  it('still give the variables to whom they are for', () => {
    expect(printed().environment.reveal()).toEqual(environment);
  });
});

describe('a settings file that is hostile', () => {
  it.each([
    ['many keys', Array.from({ length: 200_000 }, (_, n) => `k${n}: 1`).join('\n'), 'unreadable-settings'],
    [
      'many keys within the limit',
      Array.from({ length: 7_000 }, (_, n) => `k${n}: 1`).join('\n'),
      'unknown-key',
    ],
    ['deep', '['.repeat(60_000), 'bad-yaml'],
    ['deep mappings', `http: ${'{a: '.repeat(10_000)}`, 'bad-yaml'],
    ['an alias bomb', `a: &a [x,x]\nb: &b [*a,*a]\nmanifest: [*b, *b]\n`, 'wrong-type'],
    ['a cycle', 'manifest: &a [*a]', 'wrong-type'],
    ['a prototype', '__proto__: { mode: observe }', 'unknown-key'],
    ['a function of every object', 'guard: { constructor: 1, toString: 2 }', 'unknown-key'],
    ['a tag', 'mode: !!js/function observe', 'bad-yaml'],
    ['a version of YAML', '%YAML 1.1\n---\nguard: { allow_gap: on }', 'unreadable-settings'],
  ])('%s: is refused', (_what, text, code) => {
    write('s.yaml', text);
    const { settings: loaded, findings } = load({ file: 's.yaml' });
    expect(loaded).toBeNull();
    expect(findings.map((finding) => finding.code)).toContain(code);
  });

  it('shows nothing of a credential that was typed into it', () => {
    const canary = aCanary('typed into the settings');
    const { core } = canary;
    const texts = [
      `token: ${core}`,
      `${core}: 1`,
      `api_token: "${core}`,
      `cloudflare: { base_url: 'https://u:${core}@h.example' }`,
      `cloudflare: { base_url: 'https://h.example/?token=${core}' }`,
      `cloudflare: { token: ${core} }`,
      `mode: "\\q${core}"`,
      `cloudflare:\n\ttoken: ${core}`,
      `a: b: ${core}`,
    ];
    for (const text of texts) {
      write('s.yaml', text);
      const told = renderFindings(load({ file: 's.yaml' }).findings);
      expect({ text, leaks: leaksIn(told, [canary]) }).toEqual({ text, leaks: [] });
    }
  });
});
