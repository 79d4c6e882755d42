import { describe, expect, it } from 'vitest';

import { ran, TOKEN } from './fake-shell.ts';

describe('wrong usage', () => {
  const TABLE: readonly (readonly [argv: string, says: string])[] = [
    ['', 'Usage: logpushd'],
    ['pln', 'Did you mean plan?'],
    ['plan --outptu json', 'Did you mean --output?'],
    ['plan --output jsn', 'Did you mean "json"?'],
    ['plan --output', 'argument missing'],
    ['plan extra', 'too many arguments'],
    ['plan --mode enforec', '--mode  error  not-allowed-value  mode'],
    ['apply --max-removals many', '--max-removals  error  wrong-type'],
    ['run --schedule never', '--schedule  error  bad-schedule'],
    ['run --http 8080', '--http  error  bad-http'],
    ['schema plam', 'Did you mean "plan"?'],
    ['completion bsh', 'Did you mean "bash"?'],
    ['fields --zone a', 'name a dataset, as in http_requests, or pass --lock'],
    ['fields http_requests', '--zone NAME or --account NAME'],
    ['fields http_requests --zone a --account b', "cannot be used with option '--account"],
    ['export', '--all'],
    ['sandbox --listen here', 'HOST:PORT'],
  ];

  it.each(TABLE)('"%s" ends with 3 and says what to do, on standard error alone', async (line, says) => {
    const argv = line === '' ? [] : line.split(' ');
    const { exitCode, out, err } = await ran(argv, { environment: TOKEN });
    expect(err).toContain(says);
    expect({ exitCode, out }).toEqual({ exitCode: 3, out: '' });
  });

  it('points to the help of the command', async () => {
    expect((await ran(['plan', '--nope'])).err).toContain('Run "logpushd plan --help"');
  });
});

describe('a missing token', () => {
  it.each(['plan', 'apply', 'run', 'export --all', 'fields http_requests --zone example.com'])(
    'ends "%s" with 3 and the way to set one',
    async (line) => {
      const { exitCode, err } = await ran(line.split(' '), { environment: {} });
      expect(exitCode).toBe(3);
      expect(err).toContain('CLOUDFLARE_API_TOKEN  error  missing-credentials');
      expect(err).toContain('export CLOUDFLARE_API_TOKEN=');
      expect(err).toContain('run --sandbox');
      expect(err).toContain('1 error in the settings. Nothing was done.');
    },
  );

  it('is no trouble for run --sandbox, validate and version', async () => {
    const environment = {};
    const parts = { runDaemon: async () => 0 };
    expect((await ran(['run', '--sandbox'], { environment, parts })).exitCode).toBe(0);
    expect((await ran(['validate'], { environment })).exitCode).toBe(0);
    expect((await ran(['version'], { environment })).exitCode).toBe(0);
  });
});
