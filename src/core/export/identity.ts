import type { JsonObject, LiveJob } from '../job/job.ts';
import { hasUnsafeCharacter, quoted } from '../manifest/showing.ts';
import { Names } from './names.ts';
import { escaped } from './secret-part.ts';

export interface JobIdentity {
  readonly job: LiveJob;
  /** `name`, and where that is not enough `id` and `ignore`. */
  readonly identity: JsonObject;
  /** The name in the manifest, safe to print. */
  readonly label: string;
  /** What to tell about it, to follow the name of the job. */
  readonly note: string | null;
}

const LONGEST_NAME = 512;

/**
 * How each job is found again, by id. A manifest needs names that differ, and Cloudflare does not: a job whose
 * name is missing, used twice or unprintable is pinned by id under a name of its own, and keeps its live name
 * because that one is ignored.
 */
export function jobIdentities(live: readonly LiveJob[]): readonly JobIdentity[] {
  const ordered = live.toSorted((a, b) => a.id - b.id);
  const names = ordered.map(({ name }) => name);
  const own = new Names(names);
  return ordered.map((job) => {
    const isShared = names.indexOf(job.name) !== names.lastIndexOf(job.name);
    if (!isShared && isUsable(job.name)) {
      return { job, identity: { name: escaped(job.name) }, label: quoted(job.name).slice(1, -1), note: null };
    }
    const name = own.of(String(job.id), `job-${job.id}`);
    const why =
      isShared && job.name !== ''
        ? `shares the name ${quoted(job.name)} with another`
        : 'has no name that a manifest can hold';
    const note = `${why}, so it is pinned by id and called "${name}" in the manifest alone.`;
    return { job, identity: { name, id: job.id, ignore: ['name'] }, label: name, note };
  });
}

function isUsable(name: string): boolean {
  return name !== '' && name.length <= LONGEST_NAME && !hasUnsafeCharacter(name);
}
