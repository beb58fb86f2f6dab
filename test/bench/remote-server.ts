// Servers of the bench `remote` in a process of their own, so that their processor time is not the client's: files by ranges, and samples.

import { readFileSync } from 'node:fs';
import { startRangeServer } from '../support/range-server.ts';
import { startServedServer } from '../support/served-server.ts';

const files = Object.fromEntries(
  process.argv.slice(2).map((path) => [path.split('/').at(-1)!, readFileSync(path)]),
);
const ranges = await startRangeServer({ files });
const served = await startServedServer({ delayMs: 20 });
process.send!({ ranges: ranges.address, served: served.address });
