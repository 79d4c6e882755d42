/** Writes what is generated into the repository. `npm run generate`; a test says when it is out of date. */

import { writeFile } from 'node:fs/promises';

import { format, resolveConfig } from 'prettier';

import { rulesFile, runbookPage } from './alerts/alerts.ts';
import { chartPage } from './generate/chart-page.ts';
import { chartSchema } from './generate/chart-schema.ts';
import { cliPage } from './generate/cli-page.ts';
import { dashboard } from './generate/dashboard.ts';
import { errorsPage } from './generate/errors-page.ts';
import { metricsPage } from './generate/metrics-page.ts';
import { settingsPage } from './generate/settings-page.ts';

const root = new URL('..', import.meta.url);

/** Path in the repository to what it must contain. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const pages = {
    'docs/settings.md': settingsPage(),
    'docs/cli.md': cliPage(),
    'docs/errors.md': errorsPage(),
    'docs/metrics.md': metricsPage(),
    'docs/runbook.md': runbookPage(),
    'config/prometheus/logpushd.rules.yaml': rulesFile(),
    'config/grafana/logpushd.json': dashboard(),
    'helm/README.md': chartPage(),
    'helm/files/logpushd.rules.yaml': rulesFile(),
    'helm/files/dashboard.json': dashboard(),
    'helm/values.schema.json': chartSchema(),
  };
  const files = new Map<string, string>();
  for (const [path, text] of Object.entries(pages)) {
    const options = await resolveConfig(new URL(path, root));
    files.set(path, await format(text, { ...options, filepath: path }));
  }
  return files;
}

if (import.meta.main) {
  for (const [path, text] of await generatedFiles()) await writeFile(new URL(path, root), text);
}
