import { auditCategories, auditHistory, listAudit } from './audit.ts';
import {
  destinationExists,
  listDefaultFields,
  listFields,
  validateDestination,
  validateOrigin,
} from './checks.ts';
import { getAccount, getZone, listAccounts, listZones, verifyToken } from './discovery.ts';
import { createEdgeJob, listEdgeJobs } from './edge-jobs.ts';
import type { Reply } from './envelope.ts';
import { queryPushes } from './graphql.ts';
import { createJob, deleteJob, getJob, listDatasetJobs, listJobs, updateJob } from './jobs.ts';
import { requestOwnership, validateOwnership } from './ownership.ts';
import {
  createTransformer,
  deleteTransformer,
  getTransformer,
  listTransformers,
  previewTransformer,
  transformerContent,
  transformerVersions,
  updateTransformer,
} from './transformers.ts';
import type { Call, World } from './world.ts';

export type Handler = (call: Call, world: World) => Reply;

interface Route {
  /** Segments below `/client/v4`; `{scope}` stands for `zones/:zone` and `accounts/:account`. */
  readonly path: string;
  readonly methods: Readonly<Record<string, Handler>>;
}

/** Every row of `cloudflare-api.md` §1.2, the token checks, audit logs v2 and pushes. */
const ROUTES: readonly Route[] = [
  { path: '{scope}/logpush/jobs', methods: { GET: listJobs, POST: createJob } },
  { path: '{scope}/logpush/jobs/:job', methods: { GET: getJob, PUT: updateJob, DELETE: deleteJob } },
  { path: '{scope}/logpush/datasets/:dataset/jobs', methods: { GET: listDatasetJobs } },
  { path: '{scope}/logpush/datasets/:dataset/fields', methods: { GET: listFields } },
  { path: '{scope}/logpush/datasets/:dataset/fields/default', methods: { GET: listDefaultFields } },
  { path: '{scope}/logpush/ownership', methods: { POST: requestOwnership } },
  { path: '{scope}/logpush/ownership/validate', methods: { POST: validateOwnership } },
  { path: '{scope}/logpush/validate/destination', methods: { POST: validateDestination } },
  { path: '{scope}/logpush/validate/destination/exists', methods: { POST: destinationExists } },
  { path: '{scope}/logpush/validate/origin', methods: { POST: validateOrigin } },
  // §12.17: the SDK has /edge/jobs, OA24 and older docs /edge.
  { path: 'zones/:zone/logpush/edge/jobs', methods: { GET: listEdgeJobs, POST: createEdgeJob } },
  { path: 'zones/:zone/logpush/edge', methods: { GET: listEdgeJobs, POST: createEdgeJob } },
  {
    path: 'accounts/:account/logpush/transformers',
    methods: { GET: listTransformers, POST: createTransformer },
  },
  { path: 'accounts/:account/logpush/transformers/preview', methods: { POST: previewTransformer } },
  {
    path: 'accounts/:account/logpush/transformers/:transformer',
    methods: { GET: getTransformer, PUT: updateTransformer, DELETE: deleteTransformer },
  },
  {
    path: 'accounts/:account/logpush/transformers/:transformer/content',
    methods: { GET: transformerContent },
  },
  {
    path: 'accounts/:account/logpush/transformers/:transformer/versions',
    methods: { GET: transformerVersions },
  },
  { path: 'zones', methods: { GET: listZones } },
  { path: 'zones/:zone', methods: { GET: getZone } },
  { path: 'accounts', methods: { GET: listAccounts } },
  { path: 'accounts/:account', methods: { GET: getAccount } },
  { path: 'user/tokens/verify', methods: { GET: verifyToken } },
  { path: 'accounts/:account/tokens/verify', methods: { GET: verifyToken } },
  { path: 'accounts/:account/logs/audit', methods: { GET: listAudit } },
  { path: 'accounts/:account/logs/audit/product_categories', methods: { GET: auditCategories } },
  { path: 'accounts/:account/logs/audit/:entry/history', methods: { GET: auditHistory } },
  { path: 'graphql', methods: { POST: queryPushes } },
];

const COMPILED = ROUTES.flatMap((route) =>
  ['zones/:zone', 'accounts/:account']
    .slice(0, route.path.startsWith('{scope}') ? 2 : 1)
    .map((scope) => ({ segments: route.path.replace('{scope}', scope).split('/'), methods: route.methods })),
);

export interface Matched {
  readonly methods: Readonly<Record<string, Handler>>;
  readonly params: Readonly<Record<string, string>>;
}

/** The first route of this path, or null. */
export function matchRoute(path: string): Matched | null {
  const parts = path.split('/').slice(1);
  for (const { segments, methods } of COMPILED) {
    const params = paramsOf(segments, parts);
    if (params !== null) return { methods, params };
  }
  return null;
}

function paramsOf(segments: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (segments.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (segment.startsWith(':') && part !== '') params[segment.slice(1)] = part;
    else if (segment !== part) return null;
  }
  return params;
}
