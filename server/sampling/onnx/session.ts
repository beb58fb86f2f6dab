// Opens a session of the runtime on a graph built here. Knows the runtime's options and their traps.

import { InferenceSession } from 'onnxruntime-node';
import type { Provider } from '../../../protocol/study.ts';

/** Awake, threads begin at once; asleep, they leave their cores to whoever else computes meanwhile. */
export type IdleThreads = 'awake' | 'asleep';

export interface SessionSettings {
  readonly provider: Provider;
  readonly nThreads: number;
  /** What a thread does between two pieces of work: left out, it keeps its core for a moment. */
  readonly idle?: IdleThreads | undefined;
  /** The folder that the places of the graph's weights are told relative to. */
  readonly weightFolder: string;
  /** Which of several devices of the provider's kind, from 0. */
  readonly deviceId?: number;
  /** Outputs that stay in the device's memory, to be given to the next run. */
  readonly deviceOutputs?: readonly string[];
  /** With `none` weights stay as they are; left out, they are packed for speed, and for a moment held twice. */
  readonly packing?: 'none';
}

/**
 * `graph` is a model built here, or the path of one that was not. Weights are read from their own files by offset:
 * nothing is copied, and the folder may be read-only.
 */
export function openSession(
  graph: Uint8Array | string,
  settings: SessionSettings,
): Promise<InferenceSession> {
  const { provider, deviceId = 0, deviceOutputs = [], packing } = settings;
  const options: InferenceSession.SessionOptions = {
    executionProviders: executionProviders(provider, deviceId),
    ...(deviceOutputs.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(deviceOutputs.map((name) => [name, 'gpu-buffer'])) }),
    intraOpNumThreads: settings.nThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: settings.weightFolder,
        ...(settings.idle === 'asleep' ? { intra_op: { allow_spinning: '0' } } : {}),
        ...(packing === 'none' ? { disable_prepacking: '1' } : {}),
      },
    },
  };
  return typeof graph === 'string'
    ? InferenceSession.create(graph, options)
    : InferenceSession.create(graph, options);
}

/** Each provider is given only options that it knows: an unknown one is an error to some. */
function executionProviders(
  provider: Provider,
  deviceId: number,
): InferenceSession.ExecutionProviderConfig[] {
  if (provider === 'cpu') return ['cpu'];
  return [provider === 'dml' ? { name: provider, deviceId } : provider, 'cpu'];
}
