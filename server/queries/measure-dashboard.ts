// Measures a study for its dashboard beside everything else that the server answers, until it is done or nobody
// waits for it any more.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DashboardMeasures } from '../../protocol/dashboard.ts';
import type { StudyId } from '../../protocol/study.ts';
import { Cancelled, throwIfAborted } from '../errors.ts';
import { programUrl } from '../program-url.ts';

const workerUrl = programUrl('./measure-worker.ts', import.meta.url);

export async function measureDashboard(study: StudyId, signal: AbortSignal): Promise<DashboardMeasures> {
  throwIfAborted(signal);
  const worker = new Worker(workerUrl, { workerData: study });
  worker.on('error', () => {}); // A thread that fails when nobody waits any more must not end the server.
  try {
    const [measures] = await once(worker, 'message', { signal }); // Rejects with the thread's error, too.
    return measures as DashboardMeasures;
  } catch (error) {
    throw signal.aborted ? new Cancelled() : error;
  } finally {
    void worker.terminate();
  }
}
