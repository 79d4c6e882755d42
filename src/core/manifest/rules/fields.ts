import type { Problem } from '../../problem.ts';
import { DOCUMENTED_ON, documentedFields } from '../documented-fields.ts';
import { type FieldLock, LOCK_FILE } from '../field-lock.ts';
import { listKindOf } from '../field-names.ts';
import { finding } from '../finding.ts';
import { namedFields } from '../named-fields.ts';
import { suggestion } from '../nearest.ts';
import { isObject } from '../path.ts';
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

/** Jobs whose fields the lock does not know, so that they follow Cloudflare's list. */
export function* staleLock(written: Written, lock: FieldLock): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const { output_options: options } = job.merged;
    const dataset = textOf(job.merged, 'dataset') ?? '';
    const list = isObject(options) ? listKindOf(options['field_names']) : null;
    if (list === null || hasReference(dataset)) continue;
    const isLocked = lock.lists.some(
      (one) => one.kind === job.entry.kind && one.dataset === dataset && one.list === list,
    );
    if (isLocked) continue;
    const message = `${LOCK_FILE} has no list "${list}" of ${dataset} for ${job.entry.kind}s, so the fields of this job follow what Cloudflare lists. Write it anew with "logpushd fields --lock".`;
    yield finding('stale-lock', placeWithin(job, ['output_options', 'field_names']), message);
  }
}
