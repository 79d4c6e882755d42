#!/usr/bin/env node
// Ends with 0 when the daemon answers, else with 1: for a health check of a container, which loads this often.
const url = process.argv[2] ?? 'http://127.0.0.1:8080/healthz';
const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => null);
const text = await answer?.text().catch(() => '');
process.stdout.write(answer === null ? `${url} does not answer\n` : `${answer.status} ${text}\n`);
process.exitCode = answer?.ok ? 0 : 1;
