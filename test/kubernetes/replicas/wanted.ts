import { stringify } from 'yaml';

export const ZONES = ['a.example', 'b.example', 'c.example'];

/** What each zone has with a version of the manifest: a job that every version changes, and one that only this version has. */
export function jobsOf(version: number): readonly { name: string; interval: number }[] {
  return [
    { name: 'kept', interval: 30 + (version % 270) },
    { name: `v${version}`, interval: 60 },
  ];
}

/** From one version to the next, each zone needs one create, one update and one delete. */
export const WRITES_OF_A_VERSION = ZONES.length * 3;

export function manifestOf(version: number): string {
  const jobs = jobsOf(version).map(({ name, interval }) => ({
    name,
    dataset: 'http_requests',
    enabled: true,
    destination_conf: `https://logs.example/${name}?header_X=\${secret:siem}`,
    max_upload_interval_seconds: interval,
  }));
  return stringify(
    { version: 1, zones: ZONES.map((zone) => ({ zone, jobs })) },
    { aliasDuplicateObjects: false },
  );
}
