// What each source exports, and who takes it: to find what is exported for nobody.

import { dirname, posix } from 'node:path';
import type { Sources } from './imports.ts';

export interface Export {
  readonly file: string;
  readonly name: string;
}

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
const LIST = /^export (?:type )?\{([^}]*)\}(?! from)/gm;

export function exportsOf(file: string, source: string): readonly Export[] {
  const declared = Array.from(source.matchAll(DECLARATION), ([, name]) => name!);
  const listed = Array.from(source.matchAll(LIST), ([, names]) => namesIn(names!)).flat();
  return [...declared, ...listed].map((name) => ({ file, name }));
}

const TAKEN = /^(?:import|export) (?:type )?(?:\w+, )?\{([^}]*)\} from '([^']+)'/gm;
const WHOLE = /(?:^import (?:type )?\* as|const) (\w+) (?:from|= await import\()\s*'([^']+)'/gm;
const AT_RUN_TIME = /(?:const \{([^}]*)\} = await |typeof )?import\(\s*'([^']+)'\s*\)(?:\)?\.(\w+))?/g;

/** What the file takes of others, as `file#name`. */
export function takenBy(file: string, source: string): ReadonlySet<string> {
  const taken = new Set<string>();
  const take = (from: string, names: readonly string[]) => {
    if (!from.startsWith('.')) return;
    for (const name of names) taken.add(`${posix.join(dirname(file), from)}#${name}`);
  };
  for (const [, names, from] of source.matchAll(TAKEN)) take(from!, namesIn(names!));
  for (const [, name, from] of source.matchAll(WHOLE)) {
    take(
      from!,
      Array.from(source.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g')), ([, used]) => used!),
    );
  }
  for (const [, names, from, member] of source.matchAll(AT_RUN_TIME)) {
    take(from!, [...namesIn(names ?? ''), ...(member === undefined ? [] : [member])]);
  }
  return taken;
}

/** Exports that no source takes but the one that has them. */
export function unusedExports(sources: Sources, takers: Sources): readonly Export[] {
  const taken = new Set([...takers].flatMap(([file, source]) => [...takenBy(file, source)]));
  return [...sources]
    .flatMap(([file, source]) => exportsOf(file, source))
    .filter(({ file, name }) => !taken.has(`${file}#${name}`));
}

/** The names of a list in braces, as they are called where they come from. */
const namesIn = (list: string): readonly string[] =>
  list
    .split(',')
    .map((part) =>
      part
        .replace(/\/\/.*$/gm, '')
        .trim()
        .replace(/^type /, '')
        .split(/ as |:/)[0]!
        .trim(),
    )
    .filter(Boolean);
