// Every file below a folder that may hold text for training, in code-unit order of the paths. Ignore files
// count as git reads them. A link never leads out of the folder or round in a circle.

import { type Dirent, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { contained } from '../../guard/paths/contained.ts';
import { isLinkTarget, linkTargets } from '../../guard/paths/link-targets.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import { UserError } from '../errors.ts';

export interface FoundFile {
  /** Relative to the folder, with `/` between the parts. */
  readonly path: string;
  readonly nBytes: number;
  readonly modifiedMs: number;
}

export interface FolderListing {
  readonly files: readonly FoundFile[];
  readonly problems: readonly DataProblem[];
}

/** Folders that hold no training text of their own. */
const skippedFolders = new Set(['.git', '.hg', '.svn', 'node_modules', '.verbatim', '__pycache__']);
const ignoreFiles = ['.gitignore', '.ignore', '.verbatimignore'];
/** What downloads that were broken off leave behind. */
const unfinished = /\.(incomplete|part|partial|crdownload|aria2|download)$/i;

/** Throws a `UserError` when the folder itself cannot be read. */
export function walkFolder(folder: string): FolderListing {
  const walk: Walk = { root: folder, allowed: linkTargets(folder), files: [], problems: [] };
  visit(walk, '', []);
  return walk;
}

interface Walk {
  readonly root: string;
  /** Resolved folders that a link may lead into. */
  readonly allowed: readonly string[];
  readonly files: FoundFile[];
  readonly problems: DataProblem[];
}

/** The rules of one ignore file, for paths below the folder that it lies in. */
interface Rules {
  /** `''`, or a path with a `/` at its end. */
  readonly below: string;
  readonly matcher: Ignore;
}

function visit(walk: Walk, below: string, outer: readonly Rules[]): void {
  const entries = list(walk, below);
  const rules = [...outer, ...readRules(walk, below, entries)];
  for (const entry of entries) {
    const path = below + entry.name;
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name) && !isIgnored(`${path}/`, rules)) visit(walk, `${path}/`, rules);
    } else if (isIgnored(path, rules) || ignoreFiles.includes(entry.name)) {
      // Left out on purpose: nothing to tell.
    } else if (unfinished.test(entry.name)) {
      report(walk, 'truncated', path, 'is a download that was not finished');
    } else if (entry.isSymbolicLink()) {
      followLink(walk, path);
    } else if (entry.isFile()) {
      addFile(walk, path);
    }
  }
}

/** In code-unit order of whole paths: a folder sorts as its name with a `/`. */
function list(walk: Walk, below: string): Dirent[] {
  const folder = join(walk.root, below);
  const key = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  } catch (cause) {
    if (below === '') {
      throw new UserError(`The folder ${folder} cannot be read`, { action: 'Check its permissions.', cause });
    }
    report(walk, 'unreadable', below, `cannot be listed (${(cause as Error).message})`);
    return [];
  }
}

function readRules(walk: Walk, below: string, entries: readonly Dirent[]): Rules[] {
  return entries
    .filter((entry) => entry.isFile() && ignoreFiles.includes(entry.name))
    .map(({ name }) => {
      const text = readFileSync(join(walk.root, below, name), 'utf8');
      return { below, matcher: ignore({ ignorecase: false }).add(text) };
    });
}

/** The innermost file that says something about a path decides, as in git. */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { below, matcher } of rules.toReversed()) {
    const { ignored, unignored } = matcher.test(path.slice(below.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}

function followLink(walk: Walk, path: string): void {
  const target = resolveLink(walk, path);
  if (!target) return;
  const isInside = isLinkTarget(walk.allowed, target.path);
  if (target.stat.isDirectory()) {
    // What a link inside points at is read under its own name. A circle would never end.
    const linkFolder = realpathSync(dirname(join(walk.root, path)));
    if (contained(target.path, linkFolder))
      report(walk, 'outside', path, 'is a link to a folder that it lies in');
    else if (!isInside) report(walk, 'outside', path, 'is a link that leads out of the corpus folder');
  } else if (!isInside) report(walk, 'outside', path, 'is a link that leads out of the corpus folder');
  else if (target.stat.isFile()) addFile(walk, path, target.stat);
}

function resolveLink(walk: Walk, path: string): { path: string; stat: Stats } | undefined {
  try {
    const target = realpathSync(join(walk.root, path));
    return { path: target, stat: statSync(target) };
  } catch (error) {
    const isLoop = (error as NodeJS.ErrnoException).code === 'ELOOP';
    report(walk, 'outside', path, isLoop ? 'is a link that leads to itself' : 'is a link that leads nowhere');
    return undefined;
  }
}

function addFile(walk: Walk, path: string, known?: Stats): void {
  const stat = known ?? statSync(join(walk.root, path), { throwIfNoEntry: false });
  if (stat) walk.files.push({ path, nBytes: stat.size, modifiedMs: stat.mtimeMs });
}

function report(walk: Walk, kind: DataProblem['kind'], path: string, what: string): void {
  const shard = basename(walk.root);
  walk.problems.push({ kind, shard, byteOffset: 0, message: `${join(walk.root, path)} ${what}` });
}
