// An executor that cuts what is asked into tasks, for a scheduler's jobs to run, and puts together what they leave behind.

import type { Execution } from '../../../protocol/study.ts';
import { digestOf } from '../../cluster/task-plan.ts';
import type { Shard } from '../../corpus/shard.ts';
import type { ShardResult } from '../../engine/detection.ts';
import { joinParts } from '../../kernel/join-parts.ts';
import { startMeter } from '../../progress.ts';
import { joinMaps } from '../maps/join-maps.ts';
import type { MapInput, MapPiece } from '../tasks/map-work.ts';
import type { SampleInput, SamplePiece, SampleTask } from '../tasks/sample-work.ts';
import { packSampleTexts, type ScanInput, type ScanPiece } from '../tasks/scan-work.ts';
import { mapSpeed, type Splitter, sampleRanges, scanSpeed, shardGroups } from '../tasks/task-sizes.ts';
import { askParts } from '../user-files.ts';
import type { Executor } from './executor.ts';
import { type Given, run, type TaskExecutorSettings } from './run-plan.ts';
import { SameEnvironment } from './same-environment.ts';

export function taskExecutor(settings: TaskExecutorSettings): Executor {
  const { sizes } = settings;
  return {
    fetching: 'by readers',
    async *sample({ checkpoint, plan, execution, isDone, signal, onEnvironment, say = () => {} }) {
      const input: SampleInput = {
        model: checkpoint.dir,
        modelDigest: checkpoint.digest,
        plan,
        execution: onNodes(execution),
      };
      const given = new Set<number>();
      const same = new SameEnvironment();
      const pieces = run<SamplePiece>(settings, {
        kind: 'sample',
        // What the user says, not what a study that goes on knows of itself.
        identity: [checkpoint.digest, plan, settings.execution.provider, settings.execution.batch],
        plan: () => sampleRanges(plan.nSamples, isDone, sizes, input),
        wanted: (tasks) => wantedRanges(tasks, plan.nSamples, isDone),
        signal,
        say,
      });
      for await (const { value, node } of pieces) {
        same.check(value.environment, node);
        onEnvironment(value.environment);
        const samples = value.samples.filter(({ sampleId: id }) => !isDone(id) && !given.has(id));
        for (const { sampleId } of samples) given.add(sampleId);
        if (samples.length > 0) yield samples;
      }
    },
    async *scan({ samples, rule, shards, signal, report, totalBytes, resumedBytes }) {
      const meter = startMeter(report, 'scan', 'bytes', totalBytes, resumedBytes);
      const packed = packSampleTexts(samples);
      const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
      const execution = onNodes(settings.execution);
      const input: ScanInput = { samples: packed, rule, execution };
      const say = (words: string) => meter.advance(0, words);
      const pieces = run<ScanPiece>(settings, {
        kind: 'scan',
        identity: [rule, digestOf(packed.texts), digestOf(new Uint8Array(packed.ids.buffer))],
        plan: async () => ({
          ...(await shardGroups(shards, sizes, 'scan', splitter(signal, say), scanSpeed(sizes))),
          input,
        }),
        wanted: (tasks) => wantedShards(tasks, byIndex),
        signal,
        assemble: joinScans,
        say,
      });
      for await (const { value, items } of pieces) {
        const shard = byIndex.get(items[0]!);
        if (shard === undefined) continue;
        byIndex.delete(shard.index);
        if (value.kind === 'scanned') yield { kind: 'scanned', shard, result: value.result };
        else {
          const { byteOffset, message } = value;
          yield { kind: 'failed', shard, failure: { byteOffset, error: new Error(message) } };
        }
        meter.advance(shard.nBytes, shard.name);
      }
    },
    async *map({
      checkpoint,
      plan,
      execution,
      corpusBytes,
      shards,
      signal,
      onBytes,
      onEnvironment,
      say = () => {},
    }) {
      const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
      const { dir: model, digest: modelDigest } = checkpoint;
      const input: MapInput = { model, modelDigest, plan, execution: onNodes(execution), corpusBytes };
      const { map, rule, sampling } = plan;
      const same = new SameEnvironment();
      const pieces = run<MapPiece>(settings, {
        kind: 'map',
        identity: [modelDigest, map, rule, sampling.topK, sampling.temperature, settings.execution.provider],
        plan: async () => ({
          ...(await shardGroups(shards, sizes, 'map', splitter(signal, say), mapSpeed(sizes, input))),
          input,
        }),
        wanted: (tasks) => wantedShards(tasks, byIndex),
        signal,
        assemble: (parts) => {
          for (const { value, node } of parts) same.check(value.environment, node);
          const joined = joinMaps(
            parts.map(({ value }) => value.map),
            map!.examine,
          );
          return { ...parts[0]!.value, map: joined };
        },
        say,
      });
      for await (const { value, items, node } of pieces) {
        const shard = byIndex.get(items[0]!);
        if (shard === undefined) continue;
        byIndex.delete(shard.index);
        same.check(value.environment, node);
        onEnvironment(value.environment);
        yield { ...value.map, shard };
        onBytes(shard.nBytes, shard);
      }
    },
  };
}

/** Shards are read to see where they can be cut: of JSON lines, once from one end to the other. */
const splitter =
  (signal: AbortSignal, say: (words: string) => void): Splitter =>
  (shard, partBytes) => {
    say(`cutting ${shard.name} into parts`);
    return askParts(shard, partBytes, signal);
  };

/** A shard of which a part could not be read was not read. */
function joinScans(parts: readonly Given<ScanPiece>[]): ScanPiece {
  const results: ShardResult[] = [];
  for (const { value } of parts) {
    if (value.kind === 'failed') return value;
    results.push(value.result);
  }
  return { kind: 'scanned', result: joinParts(results) };
}

/** Threads are chosen where the work is done. */
const onNodes = (execution: Execution): Execution => {
  const { cluster: _, ...rest } = execution;
  return rest;
};

function wantedRanges(
  tasks: Iterable<unknown>,
  nSamples: number,
  isDone: (id: number) => boolean,
): Uint8Array | undefined {
  let nCovered = 0;
  const wanted = Uint8Array.from(tasks, (task) => {
    const [first, end] = task as SampleTask;
    let isWanted = 0;
    for (let id = first; id < end; id++) {
      if (isDone(id)) continue;
      nCovered++;
      isWanted = 1;
    }
    return isWanted;
  });
  for (let id = 0; id < nSamples; id++) if (!isDone(id)) nCovered--;
  return nCovered === 0 ? wanted : undefined;
}

/** A shard that has changed since the tasks were cut is in none of them. */
export function wantedShards(
  tasks: Iterable<unknown>,
  pending: ReadonlyMap<number, Shard>,
): Uint8Array | undefined {
  let nCovered = 0;
  const wanted = Uint8Array.from(tasks, (task) => {
    const open = (task as readonly Shard[]).filter((shard) => isAsPlanned(shard, pending.get(shard.index)));
    // A shard that is in parts counts once.
    nCovered += open.filter(({ part }) => part === undefined || part.n === 0).length;
    return open.length > 0 ? 1 : 0;
  });
  return nCovered === pending.size ? wanted : undefined;
}

const isAsPlanned = (planned: Shard, now: Shard | undefined): boolean =>
  now !== undefined &&
  planned.path === now.path &&
  planned.nBytes === now.nBytes &&
  planned.modifiedMs === now.modifiedMs;
