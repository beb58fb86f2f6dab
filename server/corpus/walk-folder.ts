// Every file below a folder that may hold text for training, in code-unit order of the paths, and what becomes of the
// others: each is counted once. Ignore files count as git reads them, and hide nothing that git tracks. A link never
// leads out of the folder or round in a circle.

import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import nodePath, { basename, dirname, join, relative, sep } from 'node:path';
import { contained, isBelow } from '../../guard/paths/contained.ts';
import { isLinkTarget, linkTargets } from '../../guard/paths/link-targets.ts';
import type { PassedOverReason } from '../../protocol/corpus-account.ts';
import type { DataProblem } from '../../protocol/errors.ts';
import { UserError } from '../errors.ts';
import { type FileCounts, FileTally } from './file-tally.ts';
import { type IgnoreRules, ignoredBy, ignoreFiles, parseIgnoreRules } from './ignore-rules.ts';
import { INDEX_LOCK, isOfIndex } from './index-files.ts';
import { nameOfBytes, onDisk, realPath } from './name-bytes.ts';
import { type TrackedBelow, trackedAround, trackedIn } from './tracked-below.ts';

export interface FoundFile {
  /** Relative to the folder, with `/` between the parts. */
  readonly path: string;
  readonly nBytes: number;
  readonly modifiedMs: number;
}

export interface FolderListing {
  /** What a reader is to look at: all other files are in `passed`. */
  readonly files: readonly FoundFile[];
  readonly problems: readonly DataProblem[];
  readonly passed: FileCounts;
}

export interface WalkOptions {
  /** Whether ignore files and the folders of tools are honoured. */
  readonly ignore: 'honoured' | 'disregarded';
  /** Real paths of all places that were named: what lies below another one of them is counted there. */
  readonly named: ReadonlySet<string>;
  /** Files with several names that were met, by what they are on their disk: of one walk or of several. */
  readonly met: Map<string, string>;
}

/** `ignore` is what a plan says: false where nothing is hidden. */
export const walkOptions = (ignore?: boolean): WalkOptions => ({
  ignore: ignore === false ? 'disregarded' : 'honoured',
  named: new Set(),
  met: new Map(),
});

const historyFolders = new Set(['.git', '.hg', '.svn']);
/** Folders that hold no training text of their own. */
const toolFolders = new Set(['node_modules', '.verbatim', '__pycache__']);
/** Each rule is asked for each file. */
const MAX_RULES_BYTES = 1 << 20;
/** What downloads that were broken off leave behind. */
const unfinished = /\.(incomplete|part|partial|crdownload|aria2|download)$/i;

/** Throws a `UserError` when the folder itself cannot be read. */
export function walkFolder(folder: string, options: WalkOptions = walkOptions()): FolderListing {
  const walk: Walk = {
    root: folder,
    realRoot: realPath(folder),
    options,
    allowed: linkTargets(folder),
    files: [],
    links: [],
    problems: [],
    tally: new FileTally(),
  };
  const tracked = trackedAround(walk.realRoot, (what) => complain(walk, 'unreadable', what));
  visit(walk, { below: '', rules: [], tracked, closed: undefined });
  settleLinks(walk);
  return { files: walk.files, problems: walk.problems, passed: walk.tally.all() };
}

interface Walk {
  readonly root: string;
  readonly realRoot: string;
  readonly options: WalkOptions;
  /** Resolved folders that a link may lead into. */
  readonly allowed: readonly string[];
  readonly files: FoundFile[];
  /** Links to files inside, which are counted under their own names if they are searched. */
  readonly links: { readonly path: string; readonly target: string }[];
  readonly problems: DataProblem[];
  readonly tally: FileTally;
}

/** A folder on the way. */
interface Place {
  /** `''`, or a path with a `/` at its end. */
  readonly below: string;
  readonly rules: readonly IgnoreRules[];
  readonly tracked: TrackedBelow | undefined;
  /** Set where files are passed over, but for those that git tracks if that counts more. */
  readonly closed: Closed | undefined;
}

interface Closed {
  readonly reason: PassedOverReason;
  readonly yieldsToGit: boolean;
}

function visit(walk: Walk, place: Place): void {
  const { below } = place;
  const entries = list(walk, below);
  const closed = place.closed ?? (below !== '' && holdsIndex(entries) ? OF_INDEX : undefined);
  const here = closed ? { ...place, closed } : entered(walk, place, entries);
  for (const entry of entries) {
    const path = below + entry.name;
    if (walk.options.named.size > 1 && walk.options.named.has(join(walk.realRoot, path))) continue;
    if (entry.isDirectory()) {
      const inside = `${path}/`;
      visit(walk, { ...here, below: inside, closed: closed ?? closing(walk, here, entry.name, path) });
    } else visitFile(walk, here, entry, path);
  }
}

/** An index that is built in a folder of its own corpus: what is made of texts is none of them. */
const OF_INDEX: Closed = { reason: 'tools', yieldsToGit: false };

/** Nothing else lies in it: a folder is not passed over for two files that somebody put there. */
const holdsIndex = (entries: readonly Entry[]): boolean =>
  entries.some(({ name }) => name === INDEX_LOCK) && entries.every(({ name }) => isOfIndex(name));

/** What holds in an open folder. */
function entered(walk: Walk, place: Place, entries: readonly Entry[]): Place {
  const { below } = place;
  const isWorkingCopy = below !== '' && entries.some(({ name }) => name === '.git');
  return {
    ...place,
    rules: walk.options.ignore === 'honoured' ? [...place.rules, ...rulesIn(walk, below, entries)] : [],
    tracked: isWorkingCopy
      ? trackedIn(join(walk.root, below), below, (what) => complain(walk, 'unreadable', what))
      : place.tracked,
  };
}

function closing(walk: Walk, { rules, tracked }: Place, name: string, path: string): Closed | undefined {
  if (historyFolders.has(name)) return { reason: 'history', yieldsToGit: false };
  if (walk.options.ignore === 'disregarded') return undefined;
  const by = ignoredBy(`${path}/`, rules);
  const isOfTool = toolFolders.has(name);
  if (!isOfTool && !by) return undefined;
  const yieldsToGit = (by?.isOfGit ?? true) && tracked?.hasBelow(path) === true;
  return { reason: isOfTool ? 'tools' : 'ignored', yieldsToGit };
}

function visitFile(walk: Walk, place: Place, entry: Entry, path: string): void {
  const reason = passedOver(place, entry.name, path);
  if (reason) pass(walk, reason, path);
  else if (unfinished.test(entry.name)) fail(walk, 'truncated', path, 'is a download that was not finished');
  else if (entry.isSymbolicLink()) followLink(walk, path);
  else if (entry.isFile()) addFile(walk, path);
  else pass(walk, 'irregular', path);
}

function passedOver(
  { closed, rules, tracked }: Place,
  name: string,
  path: string,
): PassedOverReason | undefined {
  if (historyFolders.has(name)) return 'history';
  if (closed) {
    if (!closed.yieldsToGit || !tracked?.has(path)) return closed.reason;
  } else {
    const by = ignoredBy(path, rules);
    if (by && !(by.isOfGit && tracked?.has(path))) return 'ignored';
  }
  return ignoreFiles.includes(name) ? 'rules' : undefined;
}

/** An entry of a folder, its name as text. */
type Entry = Pick<Dirent, 'name' | 'isDirectory' | 'isFile' | 'isSymbolicLink'>;

/** In code-unit order of whole paths: a folder sorts as its name with a `/`. */
function list(walk: Walk, below: string): readonly Entry[] {
  const folder = join(walk.root, below);
  const key = (entry: Entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  try {
    return readdirSync(onDisk(folder), { withFileTypes: true, encoding: 'buffer' })
      .map((entry) => ({
        name: nameOfBytes(entry.name),
        isDirectory: () => entry.isDirectory(),
        isFile: () => entry.isFile(),
        isSymbolicLink: () => entry.isSymbolicLink(),
      }))
      .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  } catch (cause) {
    if (below === '') {
      throw new UserError(`The folder ${folder} cannot be read`, { action: 'Check its permissions.', cause });
    }
    complain(walk, 'unreadable', `${folder} cannot be listed (${(cause as Error).message})`);
    return [];
  }
}

function rulesIn(walk: Walk, below: string, entries: readonly Entry[]): IgnoreRules[] {
  return ignoreFiles
    .filter((wanted) => entries.some((entry) => entry.name === wanted && entry.isFile()))
    .flatMap((name) => {
      const path = join(walk.root, below, name);
      try {
        const { size } = statSync(onDisk(path));
        if (size <= MAX_RULES_BYTES)
          return [parseIgnoreRules(below, name, readFileSync(onDisk(path), 'utf8'))];
        complain(walk, 'unreadable', `${path} has ${size} bytes, and at most ${MAX_RULES_BYTES} are read`);
        return [];
      } catch (error) {
        complain(walk, 'unreadable', `${path} cannot be read (${(error as Error).message})`);
        return [];
      }
    });
}

function followLink(walk: Walk, path: string): void {
  const target = resolveLink(walk, path);
  if (!target) return;
  const isInside = isLinkTarget(walk.allowed, target.path);
  const leadsOut = 'is a link that leads out of the corpus folder';
  if (target.stat.isDirectory()) {
    // What a link inside points at is read under its own name. A circle would never end.
    const linkFolder = realPath(join(walk.root, dirname(path)));
    if (contained(target.path, linkFolder))
      fail(walk, 'outside', path, 'is a link to a folder that it lies in');
    else if (isInside || isNamedElsewhere(walk, target.path)) pass(walk, 'link', path);
    else fail(walk, 'outside', path, leadsOut);
  } else if (isNamedElsewhere(walk, target.path)) pass(walk, 'link', path);
  else if (!isInside) fail(walk, 'outside', path, leadsOut);
  else if (!target.stat.isFile()) pass(walk, 'irregular', path);
  else if (isBelow(nodePath, walk.realRoot, target.path)) walk.links.push({ path, target: target.path });
  else addFile(walk, path, target.stat);
}

/** Whether another place that was named lies in the folder, whose files are then counted there. */
export function holdsAnotherPlace(folder: string, { named }: WalkOptions): boolean {
  const real = realPath(folder);
  return [...named].some((place) => place !== real && isBelow(nodePath, real, place));
}

/** Whether the path belongs to another place that was named: the innermost one that it lies in. */
function isNamedElsewhere({ realRoot, options }: Walk, path: string): boolean {
  const around = [...options.named].filter((place) => isBelow(nodePath, place, path));
  const [innermost] = around.sort((a, b) => b.length - a.length);
  return innermost !== undefined && innermost !== realRoot;
}

/** A file inside is counted once: under its own name where it is searched, else under that of its first link. */
function settleLinks(walk: Walk): void {
  if (walk.links.length === 0) return;
  const searched = new Set(walk.files.map(({ path }) => join(walk.realRoot, path)));
  for (const { path, target } of walk.links) {
    const names = relative(walk.realRoot, target).split(sep);
    if (names.some((name) => historyFolders.has(name))) pass(walk, 'history', path);
    else if (searched.has(target)) pass(walk, 'link', path);
    else {
      searched.add(target);
      addFile(walk, path);
    }
  }
  walk.files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function resolveLink(walk: Walk, path: string): { path: string; stat: Stats } | undefined {
  try {
    const target = realPath(join(walk.root, path));
    return { path: target, stat: statSync(onDisk(target)) };
  } catch (error) {
    const isLoop = (error as NodeJS.ErrnoException).code === 'ELOOP';
    fail(walk, 'outside', path, isLoop ? 'is a link that leads to itself' : 'is a link that leads nowhere');
    return undefined;
  }
}

function addFile(walk: Walk, path: string, known?: Stats): void {
  const place = onDisk(walk.root, path);
  const stat = known ?? statSync(place, { throwIfNoEntry: false });
  if (!stat) fail(walk, 'unreadable', path, 'is gone');
  else if (stat.nlink > 1 && isMetAgain(walk.options.met, place, join(walk.root, path)))
    pass(walk, 'link', path);
  else walk.files.push({ path, nBytes: stat.size, modifiedMs: stat.mtimeMs });
}

/** Whether a file with several names was met under another one. */
export function isMetAgain(met: WalkOptions['met'], place: string | Buffer, path: string): boolean {
  const { dev, ino } = statSync(place, { bigint: true });
  const first = met.get(`${dev} ${ino}`) ?? path;
  met.set(`${dev} ${ino}`, first);
  return first !== path;
}

const pass = (walk: Walk, reason: PassedOverReason, path: string): void =>
  walk.tally.add({ state: 'passed-over', reason }, join(walk.root, path));

/** A file that should have been read, and why it cannot be. */
function fail(walk: Walk, reason: DataProblem['kind'], path: string, what: string): void {
  walk.tally.add({ state: 'problem', reason }, join(walk.root, path));
  complain(walk, reason, `${join(walk.root, path)} ${what}`);
}

function complain(walk: Walk, kind: DataProblem['kind'], message: string): void {
  walk.problems.push({ kind, shard: basename(walk.root), byteOffset: 0, message });
}
