import { withoutSuffix } from '../core/job/name-suffix.ts';
import type { LogpushApi, LogpushReader, Written } from './ports.ts';

/** The same API with every job under its bare name, and marked where that is how it is owned. */
export function markedReader<Reader extends LogpushReader>(api: Reader, suffix: string): Reader {
  if (suffix === '') return api;
  return {
    ...api,
    listJobs: async (...call) => (await api.listJobs(...call)).map((job) => withoutSuffix(job, suffix)),
    listDatasetJobs: async (...call) =>
      (await api.listDatasetJobs(...call)).map((job) => withoutSuffix(job, suffix)),
    getJob: async (...call) => {
      const job = await api.getJob(...call);
      return job && withoutSuffix(job, suffix);
    },
  };
}

/** Names that are written get their suffix with the plan; the answers lose it here. */
export function markedApi(api: LogpushApi, suffix: string): LogpushApi {
  if (suffix === '') return api;
  const bare = (written: Written): Written => ({ ...written, job: withoutSuffix(written.job, suffix) });
  return {
    ...markedReader(api, suffix),
    createJob: async (...call) => bare(await api.createJob(...call)),
    updateJob: async (...call) => bare(await api.updateJob(...call)),
  };
}
