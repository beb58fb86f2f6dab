// How often the text of each window's suffix occurs in the training data: the corpus is read twice more, once for the
// texts and once to count them. A control's windows are looked for in the training data, too: what is found there is
// no control.

import { readDocuments } from '../corpus/read-documents.ts';
import type { Shard } from '../corpus/shard.ts';
import { CopyCounter } from '../engine/copy-counter.ts';
import { startMeter } from '../progress.ts';
import { countMap, describeMapped, mappedShards, readMapDocuments } from '../store/map-reader.ts';
import { setCopies } from '../store/map-tables.ts';
import { documentId } from '../store/schema.ts';
import { digestInputs, isDoneFrom, setDone } from '../store/stages-table.ts';
import { transact } from '../store/study-file.ts';
import type { StageContext } from './stage-context.ts';

/** Windows whose texts are counted, so that memory is bounded: of more, every second one is, or every fourth. */
const MOST_COUNTED = 1_000_000;

export async function countCopies(context: StageContext, shards: readonly Shard[]): Promise<void> {
  const { db, signal, report } = context;
  const inputs = digestInputs('copies', describeMapped(db));
  if (isDoneFrom(db, 'copies', inputs)) return;
  const isMapped = new Set([...mappedShards(db, 'training'), ...mappedShards(db, 'control')]);
  const training = new Set(mappedShards(db, 'training'));
  const there = shards.filter(({ index }) => isMapped.has(index));
  const nBytes = there.reduce((sum, shard) => sum + shard.nBytes * (training.has(shard.index) ? 2 : 1), 0);
  const meter = startMeter(report, 'analyse', 'bytes', nBytes);
  const read = (shard: Shard) =>
    readDocuments(shard, {
      signal,
      onBytes: (n) => meter.advance(n),
      onProblem: () => {}, // The map has told them.
    });
  const nWindows = countMap(db, 'training').nWindows + countMap(db, 'control').nWindows;
  const every = 2 ** Math.max(0, Math.ceil(Math.log2(nWindows / MOST_COUNTED)));
  const counter = new CopyCounter();
  const ids = new Map<number, Int32Array>();
  for (const shard of there) {
    const stored = readMapDocuments(db, shard.index);
    let next = stored.next();
    for await (const { row, text } of read(shard)) {
      const id = documentId(shard.index, row);
      while (!next.done && next.value.documentId < id) next = stored.next();
      if (next.done || next.value.documentId !== id) continue;
      ids.set(id, addWindows(counter, text, next.value.places, every));
    }
  }
  for (const shard of there) {
    if (!training.has(shard.index)) continue;
    for await (const { text } of read(shard)) counter.read(text);
  }
  transact(db, () => {
    setCopies(db, countsOf(ids, counter));
    setDone(db, 'copies', inputs);
  });
}

/** The counter's number for each window; -1 for one that is left out. */
function addWindows(counter: CopyCounter, text: Uint8Array, places: Uint32Array, every: number): Int32Array {
  return Int32Array.from({ length: places.length / 2 }, (_, window) => {
    const [start, length] = [places[2 * window]!, places[2 * window + 1]!];
    if (length === 0 || start + length > text.length || window % every !== 0) return -1;
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
