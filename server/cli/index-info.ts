// What an index holds, for people and for programs.

import { forJson } from '../../guard/text/for-json.ts';
import { forTerminal } from '../../guard/text/for-terminal.ts';
import { CorpusIndex, type IndexedPlace } from '../corpus-index/corpus-index.ts';
import { count, counted } from '../formats/report-numbers.ts';
import { rootOf } from './index-root.ts';
import { tellLines, writeLines } from './write-lines.ts';

interface Options {
  readonly root?: string;
  readonly json?: boolean;
}

export async function tellInfo(folder: string, { root, json }: Options): Promise<void> {
  using index = new CorpusIndex(folder, rootOf({ root }));
  const info = infoOf(index);
  await (json ? writeLines([forJson(info)]) : tellLines(describe(info)));
}

const PROBLEMS_TOLD = 5;

export interface IndexInfo {
  readonly folder: string;
  readonly root: string;
  readonly minLines: number;
  readonly profile: string;
  readonly nBytes: number;
  readonly contentBytes: number;
  readonly nSegments: number;
  readonly nDocuments: number;
  readonly shards: readonly {
    readonly name: string;
    readonly path: string;
    readonly nRows: number;
    readonly contentBytes: number;
    readonly nProblems: number;
    /** What could not be read of it: the first few. */
    readonly problems: readonly { readonly byteOffset: number; readonly message: string }[];
    /** Undefined while it is what was indexed. */
    readonly change: string | undefined;
  }[];
}

function infoOf(index: CorpusIndex): IndexInfo {
  const { manifest } = index;
  const shards = [...index.places()].map((place, i) => {
    const { name, path, nRows, contentBytes, nProblems, nDocuments } = place.entry;
    const found = index.shardAt(place, i);
    const change = typeof found === 'string' ? found : undefined;
    const problems = nProblems > 0 ? problemsOf(place) : [];
    return { name, path, nRows, contentBytes, nProblems, problems, nDocuments, change };
  });
  return {
    folder: index.folder,
    root: index.root,
    ...manifest.rule,
    nBytes: manifest.segments.reduce((sum, { nBytes }) => sum + nBytes, 0),
    contentBytes: shards.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
    nSegments: manifest.segments.length,
    nDocuments: shards.reduce((sum, { nDocuments }) => sum + nDocuments, 0),
    shards,
  };
}

const problemsOf = ({ segment, shard }: IndexedPlace) =>
  segment
    .facts(shard)
    .problems.slice(0, PROBLEMS_TOLD)
    .map(({ byteOffset, message }) => ({ byteOffset, message }));

function* describe(info: IndexInfo): Generator<string> {
  const { nBytes, contentBytes } = info;
  const share = contentBytes === 0 ? '' : `, ${((100 * nBytes) / contentBytes).toFixed(2)} % of the text`;
  yield `${info.folder}: windows of ${info.minLines} lines under ${info.profile}`;
  yield `${count(nBytes)} bytes in ${counted(info.nSegments, 'segment')}${share}`;
  yield `${counted(info.nDocuments, 'document')} in ${counted(info.shards.length, 'shard')} below ${info.root}`;
  for (const { name, path, nRows, nProblems, problems, change } of info.shards) {
    const howMany = nProblems > 0 ? `, ${counted(nProblems, 'problem')}` : '';
    yield `  ${path || name}: ${counted(nRows, 'row')}${howMany}`;
    if (change !== undefined) yield `    ${change}`;
    for (const { message } of problems) yield `    ${forTerminal(message)}`;
    if (nProblems > problems.length) yield `    and ${counted(nProblems - problems.length, 'more problem')}`;
  }
  if (info.shards.some(({ change }) => change !== undefined)) {
    const folder = forTerminal(info.folder);
    yield 'What the index says of shards that are gone or have changed is not verified.';
    yield `  Moved: name their folder with --root. Changed: verbatim index add ${folder} --corpus PATH.`;
    yield `  Gone for good: verbatim index remove ${folder} --shard NAME.`;
  }
}
