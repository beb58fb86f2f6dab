// What an index holds, for people and for programs.

import { resolve } from 'node:path';
import { forJson } from '../../guard/text/for-json.ts';
import { CorpusIndex } from '../corpus-index/corpus-index.ts';
import { count, counted } from '../formats/report-numbers.ts';
import { tellLines, writeLines } from './write-lines.ts';

interface Options {
  readonly root?: string;
  readonly json?: boolean;
}

export async function tellInfo(folder: string, { root, json }: Options): Promise<void> {
  using index = new CorpusIndex(folder, root === undefined ? undefined : resolve(root));
  const info = infoOf(index);
  await (json ? writeLines([forJson(info)]) : tellLines(describe(info)));
}

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
    return { name, path, nRows, contentBytes, nProblems, nDocuments, change };
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

function* describe(info: IndexInfo): Generator<string> {
  const { nBytes, contentBytes } = info;
  const share = contentBytes === 0 ? '' : `, ${((100 * nBytes) / contentBytes).toFixed(2)} % of the text`;
  yield `${info.folder}: windows of ${info.minLines} lines under ${info.profile}`;
  yield `${count(nBytes)} bytes in ${counted(info.nSegments, 'segment')}${share}`;
  yield `${counted(info.nDocuments, 'document')} in ${counted(info.shards.length, 'shard')} below ${info.root}`;
  for (const { name, path, nRows, nProblems, change } of info.shards) {
    const problems = nProblems > 0 ? `, ${counted(nProblems, 'problem')}` : '';
    yield `  ${path || name}: ${counted(nRows, 'row')}${problems}`;
    if (change !== undefined) yield `    ${change}`;
  }
}
