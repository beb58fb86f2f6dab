// The subsets that a data set's card (README.md) declares: `configs` in its YAML head, each with patterns of
// files. Pure.

import { parse } from 'yaml';

/** Longer than that of any data set, with its thousands of files. */
const MOST_CHARACTERS = 8 << 20;

/** Patterns by the subset's name; empty when the card says nothing that can be understood. */
export function readConfigurations(card: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1];
  if (head === undefined || head.length > MOST_CHARACTERS) return found;
  try {
    const { configs } = parse(head, { maxAliasCount: 10, logLevel: 'error' }) ?? {};
    for (const config of Array.isArray(configs) ? configs : []) {
      const folder = typeof config?.data_dir === 'string' ? [`${config.data_dir}/**`] : [];
      const patterns = [...patternsOf(config?.data_files), ...folder];
      if (typeof config?.config_name === 'string' && patterns.length > 0)
        found.set(config.config_name, patterns);
    }
  } catch {
    // A card that is no YAML declares nothing; folders then serve as subsets.
  }
  return found;
}

/** A pattern, a list of patterns, or a list of splits with patterns. */
function patternsOf(files: unknown): string[] {
  if (typeof files === 'string') return [files];
  if (Array.isArray(files)) return files.flatMap(patternsOf);
  if (typeof files === 'object' && files !== null) {
    return 'path' in files ? patternsOf(files.path) : Object.values(files).flatMap(patternsOf);
  }
  return [];
}
