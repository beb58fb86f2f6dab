// A thread that measures one study for its dashboard and ends.

import { parentPort, workerData } from 'node:worker_threads';
import { openForReading } from '../store/study-file.ts';
import { measureForDashboard } from './dashboard-measures.ts';

using db = openForReading(workerData as string);
parentPort!.postMessage(measureForDashboard(db));
