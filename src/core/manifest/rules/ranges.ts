import { leastUploadBytes, leastUploadBytesAnywhere } from '../../destination/known-types.ts';
import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import type { Piece, Written, WrittenJob } from '../written.ts';
import { layerWith, placeIn } from '../written.ts';
import { schemeOf } from './receivers.ts';
import { everyJob, everyLayer, pieceAt } from './rule.ts';

interface Range {
  readonly key: string;
  readonly min: number;
  readonly max: number;
  readonly minText: string;
  readonly maxText: string;
}

/** `cloudflare-api.md` §2.1. */
const RANGES: readonly Range[] = [
  {
    key: 'max_upload_bytes',
    min: 5_000_000,
    max: 1_000_000_000,
    minText: '5000000 (5 MB)',
    maxText: '1000000000 (1 GB)',
  },
  { key: 'max_upload_interval_seconds', min: 30, max: 300, minText: '30', maxText: '300 (5 minutes)' },
  { key: 'max_upload_records', min: 1_000, max: 1_000_000, minText: '1000', maxText: '1000000' },
];

export function* uploadOutOfRange(written: Written): Iterable<Problem> {
  for (const range of RANGES) {
    for (const layer of [...written.defaults, ...written.presets]) {
      yield* outOfRange(
        layer,
        range,
        range.key === 'max_upload_bytes' ? leastUploadBytesAnywhere() : range.min,
      );
    }
    for (const job of everyJob(written)) {
      const layer = layerWith(job, range.key)?.piece;
      if (layer !== undefined) yield* outOfRange(layer, range, minFor(job, range, written));
    }
  }
}

function* outOfRange(layer: Piece, range: Range, min: number): Iterable<Problem> {
  const value = layer.body[range.key];
  if (typeof value !== 'number' || value === 0 || (value >= min && value <= range.max)) return;
  const bound =
    value < min
      ? `below Cloudflare's minimum of ${range.minText}`
      : `above Cloudflare's maximum of ${range.maxText}`;
  const message = `${value} is ${bound}. Use 0 for no limit of your own.`;
  yield finding('out-of-range', placeIn(layer, range.key), message);
}

function minFor(job: WrittenJob, range: Range, written: Written): number {
  const isBytes = range.key === 'max_upload_bytes';
  return isBytes ? leastUploadBytes(schemeOf(job, written) ?? '') : range.min;
}

export function* sampleRateOutOfRange(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const options = pieceAt(layer, 'output_options');
    const rate = options?.body['sample_rate'];
    if (options === undefined || typeof rate !== 'number' || (rate > 0 && rate <= 1)) continue;
    const message = `${rate} is not a share of the events: it must be above 0 and at most 1, which means all.`;
    yield finding('out-of-range', placeIn(options, 'sample_rate'), message);
  }
}
