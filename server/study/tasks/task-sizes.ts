// How a request is cut: tasks small enough that little is lost with one, and as many of them in a job that it lasts for a while. A
// scheduler that starts a job every second is a scheduler that nobody else can use.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Shard } from '../../corpus/shard.ts';
import type { ShardPart } from '../../corpus/shard-part.ts';
import { mayBeSplit } from '../../corpus/split-shard.ts';
import { CORPUS_BYTES_PER_SECOND, WEIGHT_BYTES_PER_SECOND } from '../estimate-study.ts';
import { filesIn } from '../files-in.ts';
import type { SampleInput } from './sample-work.ts';

export interface TaskSizes {
  readonly tasksAJob: number | 'auto';
  /** Cores that a job is given. */
  readonly coresAJob: number;
  /** Cards that a job which runs the model is given; left out: none. */
  readonly cardsAJob?: number;
  /** Jobs that run at the same time. */
  readonly maxRunning: number;
  /** Bytes of shards that are read together, where it is not the usual. */
  readonly taskBytes?: number;
  /** Bytes of a part of a shard, at least, where it is not the usual. */
  readonly partBytes?: number;
}

/** A job lasts at least so long, by what was measured elsewhere (docs/performance.md). */
const JOB_SECONDS = 600;
const MOST_SAMPLES_A_TASK = 512;
/** Rows that are sampled at once, where nothing else is said. */
const SAMPLES_AT_ONCE = 64;
/** Small shards are read together, up to so many bytes. */
const TASK_BYTES = 256 << 20;

/** A part is worth its job's start, and little is lost with it: a minute of a map, and seconds of a scan. */
const PART_BYTES = { scan: 1 << 30, map: 64 << 20 } as const;

/** A map reads about this share of what a scan does in the same time on the same cores. */
const MAP_SHARE = 1 / 200;

/** Ranges of the samples that are not done. */
export function sampleRanges(
  nSamples: number,
  isDone: (id: number) => boolean,
  sizes: TaskSizes,
  input: SampleInput,
) {
  const { batch } = input.execution;
  const atOnce = batch === 'auto' ? Math.min(SAMPLES_AT_ONCE, nSamples) : batch;
  // On devices it is part of a sample which ones were made with it: a range ends where a batch does.
  const nWanted = Math.min(MOST_SAMPLES_A_TASK, Math.ceil(nSamples / (4 * sizes.maxRunning)));
  const size = Math.max(1, Math.round(nWanted / atOnce)) * atOnce;
  const tasks: (readonly [number, number])[] = [];
  for (let first = 0; first < nSamples; first += size) {
    const end = Math.min(nSamples, first + size);
    for (let id = first; id < end; id++) {
      if (isDone(id)) continue;
      tasks.push([first, end]);
      break;
    }
  }
  const nTokens = size * input.plan.maxTokens;
  const secondsATask = (nTokens * modelBytes(input.model)) / sampledBytesPerSecond(sizes, input);
  return { tasks, input, tasksAJob: tasksAJob(sizes, secondsATask) };
}

/** Says where a shard can be cut into parts of so many bytes at least; not at all: none. */
export type Splitter = (shard: Shard, partBytes: number) => Promise<readonly ShardPart[]>;

/** Tokens sampled in a second by a card, times the model's bytes: 222,010 were measured with 444 MB. */
const CARD_WEIGHT_BYTES_PER_SECOND = 222_010 * 444e6;
/** Tokens read in a second by a card for a map, times the model's bytes: 1,421,787 were measured with 444 MB. */
const CARD_READ_BYTES_PER_SECOND = 1_421_787 * 444e6;
const BYTES_A_TOKEN = 4;

const sampledBytesPerSecond = ({ cardsAJob = 0, coresAJob }: TaskSizes, { execution }: OnNodes): number =>
  cardsAJob > 0 && execution.provider !== 'cpu'
    ? CARD_WEIGHT_BYTES_PER_SECOND * cardsAJob
    : WEIGHT_BYTES_PER_SECOND * coresAJob;

type OnNodes = Pick<SampleInput, 'execution' | 'model'>;

/** Bytes of shards that a job scans in a second. */
export const scanSpeed = ({ coresAJob }: TaskSizes): number => CORPUS_BYTES_PER_SECOND * coresAJob;

/** Bytes of shards that a job maps in a second. */
export function mapSpeed(sizes: TaskSizes, { execution, model }: OnNodes): number {
  const { cardsAJob = 0 } = sizes;
  if (cardsAJob === 0 || execution.provider === 'cpu') return MAP_SHARE * scanSpeed(sizes);
  return (BYTES_A_TOKEN * CARD_READ_BYTES_PER_SECOND * cardsAJob) / Math.max(1, modelBytes(model));
}

/** Shards in order, small ones together, and large ones in parts where their format has places to cut at. */
export async function shardGroups(
  shards: readonly Shard[],
  sizes: TaskSizes,
  kind: 'scan' | 'map',
  split: Splitter,
  bytesPerSecond: number,
) {
  const tasks: Shard[][] = [];
  let nBytes = Number.POSITIVE_INFINITY;
  for (const shard of shards) {
    const partBytes = sizes.partBytes ?? PART_BYTES[kind];
    const parts = mayBeSplit(shard, partBytes) ? await split(shard, partBytes) : [];
    if (parts.length > 0) {
      // What listing could not take in is told once.
      const { problems: _, ...rest } = shard;
      for (const part of parts) tasks.push([part.n === 0 ? { ...shard, part } : { ...rest, part }]);
      nBytes = Number.POSITIVE_INFINITY;
      continue;
    }
    if (nBytes + shard.nBytes > (sizes.taskBytes ?? TASK_BYTES)) {
      tasks.push([]);
      nBytes = 0;
    }
    tasks.at(-1)!.push(shard);
    nBytes += shard.nBytes;
  }
  const total = shards.reduce((sum, shard) => sum + shard.nBytes, 0);
  return { tasks, tasksAJob: tasksAJob(sizes, total / Math.max(1, tasks.length) / bytesPerSecond) };
}

/** Text that a core indexes in a second. */
const INDEX_BYTES_PER_SECOND = 300e6;

/** For tasks of so many bytes of text. */
export const indexTasksAJob = (sizes: TaskSizes, textBytes: number): number =>
  tasksAJob(sizes, textBytes / INDEX_BYTES_PER_SECOND / sizes.coresAJob);

const tasksAJob = ({ tasksAJob }: TaskSizes, secondsATask: number): number =>
  tasksAJob === 'auto' ? Math.max(1, Math.ceil(JOB_SECONDS / Math.max(1e-3, secondsATask))) : tasksAJob;

function modelBytes(folder: string): number {
  const own = statSync(folder);
  if (!own.isDirectory()) return own.size;
  return filesIn(folder)
    .filter((name) => /\.(safetensors|bin|onnx|gguf)$/.test(name))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
