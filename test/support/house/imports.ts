// Who imports whom, read from the sources as text: imports of values, of types and at run time alike.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** All that is written here but the tests. */
export const PRODUCT = [
  'protocol',
  'guard',
  'plots',
  'src',
  'webview',
  'server',
  'demo',
  'scripts',
  'esbuild.mjs',
] as const;

/** Source texts by path from the repository's root, with `/` on every platform. */
export type Sources = ReadonlyMap<string, string>;

export interface Import {
  readonly from: string;
  /** A source's path, or the name of a package or of a module of Node's. */
  readonly to: string;
  readonly kind: 'source' | 'package';
}

const SOURCE = /\.m?[tj]s$/;
/** The kernel is AssemblyScript, a language of its own. */
const PASSED_OVER = /^(server\/kernel\/wasm|test\/fixtures|(.*\/)?node_modules)$/;

export function readSources(folders: readonly string[]): Sources {
  const paths = folders.flatMap((name) => (SOURCE.test(name) ? [name] : sourcesBelow(name)));
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

function sourcesBelow(folder: string): string[] {
  if (PASSED_OVER.test(folder)) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    return SOURCE.test(path) ? [path] : [];
  });
}

const IMPORTS = [
  /^(?:import|export)\b[^;'"`]*?\bfrom\s*'([^']+)'/gm,
  /^import\s*'([^']+)'/gm,
  /\bimport\(\s*'([^']+)'\s*\)/g,
];

export function importsOf(from: string, source: string): readonly Import[] {
  const names = IMPORTS.flatMap((form) => Array.from(source.matchAll(form), ([, name]) => name!));
  return [...new Set(names)].map((name) =>
    name.startsWith('.')
      ? { from, to: posix.join(dirname(from), name), kind: 'source' }
      : { from, to: name, kind: 'package' },
  );
}

export const importsOfAll = (sources: Sources): readonly Import[] =>
  [...sources].flatMap(([path, source]) => importsOf(path, source));

/** Groups of files that import each other, each group sorted: one import of each would have to go. */
export function findCycles(imports: readonly Import[]): readonly (readonly string[])[] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];
  // Tarjan's strongly connected components.
  const visit = (file: string): number => {
    let low = order.size;
    order.set(file, low);
    lowest.set(file, low);
    open.push(file);
    for (const { to } of targets.get(file) ?? []) {
      if (!order.has(to)) low = Math.min(low, visit(to));
      else if (open.includes(to)) low = Math.min(low, order.get(to)!);
    }
    if (low === order.get(file)) {
      const group = open.splice(open.indexOf(file));
      const isCycle = group.length > 1 || targets.get(file)?.some(({ to }) => to === file);
      if (isCycle) cycles.push(group.sort());
    }
    return low;
  };
  for (const file of targets.keys()) if (!order.has(file)) visit(file);
  return cycles;
}
