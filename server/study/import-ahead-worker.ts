// The thread that reads logs and measures texts for an import.

import { parentPort } from 'node:worker_threads';
import { ForeignFolder } from '../formats/foreign-folder.ts';
import { type GatheredPlaces, gatherPlaces } from '../formats/published/gather-places.ts';
import { logFolders } from '../formats/published/layout.ts';
import type { ThreadTask } from './import-ahead.ts';
import { measureAll } from './measure-ahead.ts';

parentPort!.on('message', (task: ThreadTask) => {
  if (task.kind === 'measure') {
    measureAll(task.measures);
    // There is nothing more to do, and what the thread holds is a part of what the import may take.
    parentPort!.close();
    return;
  }
  const folder = new ForeignFolder(task.root);
  const gathered = gatherPlaces(folder, logFolders(folder, task.folders));
  parentPort!.postMessage(gathered, buffersOf(gathered));
});

/** The memory of what goes to the other thread: not copied. */
function buffersOf({ fingerprints, documents, inSamples, inTrain }: GatheredPlaces): ArrayBuffer[] {
  const { shards, rows, repositories, licenses, paths, pathEnds } = documents;
  const ofPlaces = [inSamples, inTrain].flatMap(({ pages, runs }) => [
    ...pages,
    ...Object.values(runs).flatMap(({ pages }) => pages),
  ]);
  return [fingerprints, shards, rows, repositories, licenses, paths, pathEnds, ...ofPlaces].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );
}
