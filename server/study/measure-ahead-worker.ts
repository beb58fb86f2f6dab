// The thread that measures texts while others read what else there is.

import { workerData } from 'node:worker_threads';
import { type Measures, measureAll } from './measure-ahead.ts';

measureAll(workerData as Measures);
