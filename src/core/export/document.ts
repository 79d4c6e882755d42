/** A manifest as YAML text, in the style of the documentation: blank lines between jobs, short lists on one line. */

import { Document, isMap, isScalar, isSeq } from 'yaml';
import type { JsonObject } from '../job/job.ts';
import { printableYaml } from '../render/printable-yaml.ts';

const NOTE = ' Exported by logpushd. Each ${secret:NAME} is a file of that name in the secrets folder.';

/** Longer lists stand below each other, which reads better in a diff of Git. */
const LONGEST_ROW = 6;

export function manifestText(root: JsonObject): string {
  const document = new Document(root, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  document.commentBefore = NOTE;
  style(document.contents);
  return printableYaml(document, { lineWidth: 0, blockQuote: false, flowCollectionPadding: false });
}

function style(node: unknown): void {
  if (isSeq(node)) {
    node.flow = node.items.length <= LONGEST_ROW && node.items.every((item) => isScalar(item));
    node.items.forEach((item, index) => {
      if (isMap(item) && index > 0 && !isFilterNode(item)) item.spaceBefore = true;
      style(item);
    });
  } else if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (isScalar(key) && TOP_LEVEL.has(key.value)) key.spaceBefore = true;
      style(value);
    }
  }
}

const TOP_LEVEL: ReadonlySet<unknown> = new Set(['destinations', 'presets', 'zones', 'accounts']);

function isFilterNode(node: unknown): boolean {
  return isMap(node) && !node.has('name') && !node.has('jobs');
}
