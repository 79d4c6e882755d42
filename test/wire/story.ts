import type { Running } from '../e2e/process.ts';
import { manifestOf, Place } from './place.ts';
import { RawCloudflare } from './raw-cloudflare.ts';

/** One job to make, one to change and one to remove: the work that is disturbed everywhere in here. */

const BEFORE = ['{ name: kept }', '{ name: changed, max_upload_records: 1000 }', '{ name: removed }'];
const AFTER = ['{ name: kept }', '{ name: changed, max_upload_records: 2000 }', '{ name: made }'];

/** In sync with the jobs as they were; the manifest on disk is the new one. */
export async function withWorkToDo(): Promise<Place> {
  const place = await inSync();
  await newManifest(place);
  return place;
}

export async function inSync(): Promise<Place> {
  const place = await Place.open(await RawCloudflare.open());
  await place.manifest(manifestOf(...BEFORE));
  await place.sync();
  return place;
}

export function newManifest(place: Place): Promise<void> {
  return place.manifest(manifestOf(...AFTER));
}

/** How it must end, however it was disturbed. */
export const END = { jobs: ['changed 2000', 'kept', 'made'], made: 4 };

export function endOf({ cloudflare }: Place): typeof END {
  const jobs = cloudflare.model
    .jobs('example.com')
    .map(({ config }) => `${String(config['name'])} ${String(config['max_upload_records'] ?? '')}`.trim())
    .toSorted();
  return { jobs, made: cloudflare.made() };
}

/** The end of the same work done by a daemon of its own, in minutes that pass in moments. */
export async function endByTheNext(place: Place): Promise<typeof END> {
  const next = place.daemon({ isFast: true });
  await next.says(/"event":"daemon.watching"/);
  return endBy(place, next);
}

/** A daemon is asked to look again until the work is done, and then twice more, when it must write nothing. */
export async function endBy(place: Place, running: Running): Promise<typeof END> {
  const look = async (): Promise<void> => {
    running.child.kill('SIGHUP');
    await running.says(/"event":"(pass.finished".*"triggers":\[[^\]]*"manual"|manifest.unreadable")/);
  };
  while (endOf(place).jobs.join() !== END.jobs.join()) await look();
  await look();
  const before = place.cloudflare.writes();
  await look();
  if (place.cloudflare.writes() !== before) throw new Error('it writes though nothing is left to do');
  return endOf(place);
}
