// Fails when a locked package would run a script at install time or comes under a licence we have not agreed to.
import { readFileSync } from 'node:fs';

const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Python-2.0',
  'PSF-2.0',
  'CC0-1.0',
  'Unlicense',
]);

// Lightning CSS, which the test runner brings; nothing of it is shipped.
const ALLOWED_IN_DEVELOPMENT = new Set([...ALLOWED, 'MPL-2.0']);

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const findings = [];
for (const [path, entry] of Object.entries(packages)) {
  if (path === '' || entry.link || path.startsWith('tools/')) continue;
  if (entry.hasInstallScript) findings.push(`${path} runs a script at install time`);
  if (!entry.integrity) findings.push(`${path} has no integrity hash`);
  const licences = String(entry.license ?? 'none')
    .replaceAll(/[()]/g, '')
    .split(/ OR /);
  const allowed = entry.dev ? ALLOWED_IN_DEVELOPMENT : ALLOWED;
  if (!licences.some((licence) => allowed.has(licence)))
    findings.push(`${path} is licensed under ${entry.license ?? 'nothing stated'}`);
}
for (const finding of findings) process.stderr.write(`${finding}\n`);
if (findings.length > 0) process.exit(1);
