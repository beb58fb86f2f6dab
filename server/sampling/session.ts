// Opens a session of the runtime on a graph built here. Knows the runtime's options and their traps.

import { InferenceSession } from 'onnxruntime-node';
import type { Provider } from '../../protocol/study.ts';

export interface SessionSettings {
  readonly provider: Provider;
  readonly nThreads: number;
  /** Where the graph's weights lie. */
  readonly weightFolder: string;
}

/** Weights are read from their own files by offset: nothing is copied, and the folder may be read-only. */
export function openSession(graph: Uint8Array, settings: SessionSettings): Promise<InferenceSession> {
  return InferenceSession.create(graph, {
    executionProviders: settings.provider === 'cpu' ? ['cpu'] : [settings.provider, 'cpu'],
    intraOpNumThreads: settings.nThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: settings.weightFolder } },
  });
}
