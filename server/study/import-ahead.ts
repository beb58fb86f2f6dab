// Does with a second thread what an import can have done beside its own work: reads the logs while samples are read, then
// measures the samples while they are written. Nothing depends on the thread: what it fails at, be it because it died, is done by whoever asks.

import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ForeignFolder } from '../formats/foreign-folder.ts';
import type { GatheredPlaces } from '../formats/published/gather-places.ts';
import type { Meanwhile } from '../formats/published/import-study.ts';
import { logFiles, logFolders, type RunFolders } from '../formats/published/layout.ts';
import type { SharedTexts } from '../formats/published/shared-texts.ts';
import { programUrl } from '../program-url.ts';
import { type Measures, measureOf, openMeasures } from './measure-ahead.ts';
import type { TextMeasure } from './measure-text.ts';

/** What the thread is told to do, one after the other. */
export type ThreadTask =
  | { readonly kind: 'gather'; readonly root: string; readonly folders: RunFolders }
  | { readonly kind: 'measure'; readonly measures: Measures };

/** For fewer bytes of logs or texts a thread takes longer to start than they do; one core does one thing after the other anyway. */
const leastBytes = () => (availableParallelism() === 1 ? Number.POSITIVE_INFINITY : 1 << 20);

const workerUrl = programUrl('./import-ahead-worker.ts', import.meta.url);

export class ImportAhead implements Meanwhile, AsyncDisposable {
  readonly #url: URL;
  readonly #leastBytes: number;
  #thread: Worker | undefined;
  #measures: Measures | undefined;

  /** `url` and `least`: the thread's program, and from how many bytes on it is started. */
  constructor(url = workerUrl, least = leastBytes()) {
    this.#url = url;
    this.#leastBytes = least;
  }

  gatherPlaces(root: string, folders: RunFolders): () => Promise<GatheredPlaces | undefined> {
    if (!this.#begin(nLogBytes(root, folders), { kind: 'gather', root, folders })) {
      return () => Promise.resolve(undefined);
    }
    const thread = this.#thread!;
    const ended = new AbortController();
    let answered: Promise<GatheredPlaces | undefined> | undefined = once(thread, 'message', ended).then(
      ([answer]) => answer as GatheredPlaces,
      () => undefined,
    );
    thread.once('exit', () => ended.abort());
    return () => {
      const answer = answered!;
      // Who asks has it then alone, and lets go of it.
      answered = undefined;
      // Nothing else keeps the process alive meanwhile.
      thread.ref();
      return answer.finally(() => thread.unref());
    };
  }

  onTexts(texts: SharedTexts): void {
    const measures = openMeasures(texts);
    this.#measures = measures;
    this.#begin(texts.nBytes, { kind: 'measure', measures });
  }

  /** The measure of the sample at an index, once there are texts. */
  measure(index: number): TextMeasure {
    return measureOf(this.#measures!, index);
  }

  /** Lets go of the texts, and of the thread, which holds them likewise. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#measures = undefined;
    this.#thread = undefined;
    await thread?.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  /** False where it is not worth a thread, or the system has none to give. */
  #begin(nBytes: number, task: ThreadTask): boolean {
    if (nBytes < this.#leastBytes) return false;
    try {
      this.#thread ??= startThread(this.#url);
    } catch {
      return false;
    }
    this.#thread.postMessage(task);
    return true;
  }
}

function startThread(url: URL): Worker {
  const thread = new Worker(url);
  thread.unref();
  // What it fails at fails here, too, and is told then.
  thread.on('error', () => {});
  return thread;
}

/** 0 where somebody keeps them from being looked at, which whoever reads them tells. */
function nLogBytes(root: string, folders: RunFolders): number {
  try {
    const folder = new ForeignFolder(root);
    return logFiles(folder, logFolders(folder, folders)).reduce(
      (sum, { path }) => sum + folder.nBytes(path),
      0,
    );
  } catch {
    return 0;
  }
}
