import { isExpressibleOption } from '../export/expressible.ts';
import type { JsonObject } from '../job/job.ts';
import { fromLogpull, isLogpullParameter, logpullParameters } from '../job/output-options.ts';
import { quoted } from '../manifest/showing.ts';
import type { ByHand } from './entry-edit.ts';

/** The `output_options` that mean the same as a `logpull_options`, or why a person has to decide. */
export function equalOptions(text: string): { readonly options: JsonObject } | ByHand {
  if (text.includes('${')) return { byHand: 'it holds a reference, whose value is not known here' };
  const unknown = logpullParameters(text).find(([name]) => name !== '' && !isLogpullParameter(name));
  if (unknown !== undefined) {
    return { byHand: `no output option is known to be the equal of its parameter ${quoted(unknown[0])}` };
  }
  const options = fromLogpull(text);
  const unfit = Object.entries(options).find(([name, value]) => !isExpressibleOption(name, value));
  if (unfit !== undefined) return { byHand: `a manifest does not take its value as ${quoted(unfit[0])}` };
  if (Object.keys(options).length === 0) return { byHand: 'it says nothing that an output option could say' };
  return { options };
}
