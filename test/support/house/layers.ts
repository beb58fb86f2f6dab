// What `layers.json` allows: each folder (or file, where it is more than its folder) may import the layers that it
// lists, and the packages. `node:*` stands for Node's modules but for those that some layer lists by name.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { type Import, root } from './imports.ts';

export interface Layer {
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
}

export type Layers = Readonly<Record<string, Layer>>;

export const readLayers = (): Layers => JSON.parse(readFileSync(join(root, 'layers.json'), 'utf8')) as Layers;

/** The layer with the longest path that holds the file. */
export function layerOf(layers: Layers, file: string): string | undefined {
  for (let path = file; path !== '.'; path = dirname(path)) if (Object.hasOwn(layers, path)) return path;
  return undefined;
}

/** A sentence for each import that the layers do not allow. Data of the repository's own is free to all. */
export function findBreaches(layers: Layers, imports: readonly Import[]): readonly string[] {
  const named = new Set(Object.values(layers).flatMap(({ packages = [] }) => packages));
  const covers = (allowed: string, name: string) =>
    allowed === '*' ||
    name === allowed ||
    name.startsWith(`${allowed}/`) ||
    (allowed === 'node:*' && name.startsWith('node:') && !named.has(name));
  return imports.flatMap(({ from, to, kind }) => {
    const layer = layerOf(layers, from);
    if (layer === undefined) return [`${from} lies in no layer of layers.json`];
    const { imports: allowed, packages = [] } = layers[layer]!;
    if (kind === 'package') {
      if (packages.some((name) => covers(name, to))) return [];
      return [`${from} imports ${to}: ${layer} may not use that package`];
    }
    const target = layerOf(layers, to);
    if (to.endsWith('.json') || target === layer || allowed.includes('*')) return [];
    if (target !== undefined && allowed.includes(target)) return [];
    return [`${from} imports ${to}: ${layer} may not know ${target ?? 'what lies in no layer'}`];
  });
}
