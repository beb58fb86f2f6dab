// What pages of documentation name: links, files and folders, options, settings and scripts, to be held against what there is.

import { posix } from 'node:path';

/** What there is to be named. */
export interface There {
  /** Files of the repository, with `/` between. */
  readonly files: ReadonlySet<string>;
  /** Scripts of `package.json`. */
  readonly scripts: ReadonlySet<string>;
  /** Identifiers of settings, commands and colours. */
  readonly identifiers: ReadonlySet<string>;
  /** Options of the command line, as `--option`. */
  readonly options: ReadonlySet<string>;
  /** All sources as one text, which names the variables of the environment that are read. */
  readonly sources: string;
}

/** A sentence for each thing that a page names and that is not there. */
export function findMissing(page: string, text: string, there: There): readonly string[] {
  const folders = foldersOf(there.files);
  const isThere = (path: string) => there.files.has(path) || folders.has(path);
  const all = (pattern: RegExp) => Array.from(text.matchAll(pattern), ([, name]) => name!);
  const links = all(/\]\((?!\w+:|#)([^)\s#]+)/g).filter((to) => !isThere(resolve(page, to)));
  const paths = all(/`([^`\s]+)`/g)
    .map((span) => span.replace(/(:\d+|\/)$/, ''))
    .filter((span) => isPath(span, folders) && ![span, resolve(page, span)].some(isNamed));
  const scripts = all(/\bnpm run ([\w:-]+)/g).filter((name) => !there.scripts.has(name));
  const identifiers = all(/`(verbatim\.[a-z]\w*(?:\.\w+)*)`/g).filter((name) => !there.identifiers.has(name));
  const variables = all(/\b(VERBATIM_[A-Z_]+)/g).filter((name) => !there.sources.includes(name));
  const options = commandsIn(text)
    .flatMap((command) => command.match(/(?<=\s)--[a-z][\w-]*/g) ?? [])
    .filter((name) => !there.options.has(name));
  return [...links, ...paths, ...scripts, ...identifiers, ...variables, ...options].map(
    (name) => `${page} names ${name}`,
  );

  function isNamed(path: string): boolean {
    return isThere(path) || [...there.files, ...folders].some((known) => known.endsWith(`/${path}`));
  }
}

const foldersOf = (files: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(
    [...files].flatMap((file) =>
      file
        .split('/')
        .slice(0, -1)
        .map((_, i, names) => names.slice(0, i + 1).join('/')),
    ),
  );

const resolve = (page: string, to: string) => posix.join(posix.dirname(page), to).replace(/\/$/, '');

/** Sources by their ending, wherever they lie, and whatever begins with a folder of the repository's. */
const isPath = (span: string, folders: ReadonlySet<string>) =>
  /^[\w./-]+$/.test(span) &&
  (/\.(ts|mjs|cu|py)$/.test(span) || (span.includes('/') && folders.has(span.split('/')[0]!)));

/** Calls of the command line, from blocks and spans of code, without what others are given in quotes. */
const commandsIn = (text: string): readonly string[] =>
  Array.from(
    text.replaceAll('\\\n', ' ').matchAll(/^(?:npx )?verbatim [^\n]*|`(?:npx )?verbatim [^`]*`/gm),
    ([call]) => call.replaceAll(/"[^"]*"|'[^']*'/g, ''),
  );
