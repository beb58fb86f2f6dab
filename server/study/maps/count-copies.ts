// How often the text of each window's suffix occurs in the training data: the corpus is read twice more, once for the
// texts and once to count them. A control's windows are looked for in the training data, too: what is found there is
// no control.

import { rawText } from '../../../guard/text/foreign.ts';
import type { CorpusDocument } from '../../corpus/corpus-document.ts';
import { readDocuments } from '../../corpus/read-documents.ts';
import type { Shard } from '../../corpus/shard.ts';
import { CopyCounter } from '../../engine/copy-counter.ts';
import { UserError } from '../../errors.ts';
import { startMeter } from '../../progress.ts';
import { countMap, describeMapped, mappedShards, readMapDocuments } from '../../store/maps/map-reader.ts';
import { setCopies } from '../../store/maps/map-tables.ts';
import { documentId } from '../../store/schema.ts';
import { digestInputs, isDoneFrom, setDone } from '../../store/stages-table.ts';
import { transact } from '../../store/study-file.ts';
import { fetchShards } from '../fetch-shards.ts';
import { whatChanged } from '../shard-identity.ts';
import type { StageContext } from '../stage-context.ts';

/** Windows whose texts are counted, so that memory is bounded: of more, every second one is, or every fourth. */
const MOST_COUNTED = 1_000_000;

export async function countCopies(context: StageContext, shards: readonly Shard[]): Promise<void> {
  const { db, report } = context;
  const inputs = digestInputs('copies', describeMapped(db));
  if (isDoneFrom(db, 'copies', inputs)) return;
  const isMapped = new Set([...mappedShards(db, 'training'), ...mappedShards(db, 'control')]);
  const training = new Set(mappedShards(db, 'training'));
  const there = shards.filter(({ index }) => isMapped.has(index));
  const nBytes = there.reduce((sum, shard) => sum + shard.nBytes * (training.has(shard.index) ? 2 : 1), 0);
  const meter = startMeter(report, 'analyse', 'bytes', nBytes);
  const nWindows = countMap(db, 'training').nWindows + countMap(db, 'control').nWindows;
  const every = 2 ** Math.max(0, Math.ceil(Math.log2(nWindows / MOST_COUNTED)));
  const counter = new CopyCounter();
  const ids = new Map<number, Int32Array>();
  const advance = (n: number) => meter.advance(n);
  await readAgain(context, there, advance, async (shard, documents) => {
    const stored = readMapDocuments(db, shard.index);
    let next = stored.next();
    for await (const { row, path, text } of documents) {
      const id = documentId(shard.index, row);
      while (!next.done && next.value.documentId < id) next = stored.next();
      if (next.done || next.value.documentId !== id) continue;
      const { places, provenance } = next.value;
      const end = places.at(-2)! + places.at(-1)!;
      if (path !== rawText(provenance.path) || end > text.length)
        throw hasChanged(`${shard.path} has changed since the model read it`);
      ids.set(id, addWindows(counter, text, places, every));
    }
  });
  const corpus = there.filter(({ index }) => training.has(index));
  await readAgain(context, corpus, advance, async (_, documents) => {
    for await (const { text } of documents) counter.read(text);
  });
  transact(db, () => {
    setCopies(db, countsOf(ids, counter));
    setDone(db, 'copies', inputs);
  });
}

/**
 * Brings shards back that were not kept, and rejects with a `UserError` where one is not what the map read: the same
 * command then reads it anew.
 */
async function readAgain(
  { execution, signal }: StageContext,
  shards: readonly Shard[],
  onBytes: (nBytes: number) => void,
  read: (shard: Shard, documents: AsyncIterable<CorpusDocument>) => Promise<void>,
): Promise<void> {
  // Fetching ends with the pass, however that ends.
  const fetching = new AbortController();
  try {
    const fetcher = await fetchShards(shards, execution, AbortSignal.any([signal, fetching.signal]));
    for (const shard of shards) {
      await fetcher.arrived(shard);
      checkUnchanged(shard);
      const documents = readDocuments(shard, {
        signal,
        onBytes,
        // The map has told the others.
        onProblem: ({ kind }) => {
          if (kind === 'changed') throw hasChanged(`${shard.path} has changed since the model read it`);
        },
      });
      await read(shard, documents);
      checkUnchanged(shard);
      fetcher.release(shard);
    }
  } finally {
    fetching.abort();
  }
}

/** A folder has the time of its latest file: its documents are looked at instead. */
function checkUnchanged(shard: Shard): void {
  const changed = shard.format === 'folder' ? undefined : whatChanged(shard, '');
  if (changed !== undefined) throw hasChanged(changed);
}

const hasChanged = (sentence: string): UserError =>
  new UserError(sentence, {
    action: 'Run the same command again when nothing writes to it any more: what changed is read anew.',
  });

/** The counter's number for each window; -1 for one that is left out. */
function addWindows(counter: CopyCounter, text: Uint8Array, places: Uint32Array, every: number): Int32Array {
  return Int32Array.from({ length: places.length / 2 }, (_, window) => {
    const [start, length] = [places[2 * window]!, places[2 * window + 1]!];
    if (length === 0 || window % every !== 0) return -1;
    return counter.add(text, start, length);
  });
}

function* countsOf(
  ids: ReadonlyMap<number, Int32Array>,
  counter: CopyCounter,
): Generator<readonly [number, Uint32Array]> {
  for (const [document, windows] of ids) {
    yield [document, Uint32Array.from(windows, (id) => (id < 0 ? 0 : counter.countOf(id)))];
  }
}
