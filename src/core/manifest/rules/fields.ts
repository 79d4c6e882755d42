import type { Problem } from '../../problem.ts';
import { DOCUMENTED_ON, documentedFields } from '../documented-fields.ts';
import { finding } from '../finding.ts';
import { namedFields } from '../named-fields.ts';
import { suggestion } from '../nearest.ts';
import { hasReference } from '../reference.ts';
import { quoted } from '../showing.ts';
import type { Written } from '../written.ts';
import { placeWithin, textOf } from '../written.ts';
import { everyJob } from './rule.ts';

/** Fields that are not in the list of this release. Cloudflare adds some every week, so this cannot be an error. */
export function* unlistedField(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const dataset = textOf(job.merged, 'dataset') ?? '';
    const known = documentedFields(dataset);
    if (known === undefined) continue;
    for (const { name, path } of namedFields(job.merged)) {
      if (known.has(name) || hasReference(name)) continue;
      const message = `${quoted(name)} is not among the fields of ${dataset} that Cloudflare documented on ${DOCUMENTED_ON}.${suggestion(name, known.keys())} "logpushd plan" asks Cloudflare itself.`;
      yield finding('unlisted-field', placeWithin(job, path), message);
    }
  }
}
