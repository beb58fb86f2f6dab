// Reads one shard in a process of its own and says what it cost: `node corpus-read.ts PATH`.

import { readBytes } from '../../server/corpus/byte-stream.ts';
import { readDocuments } from '../../server/corpus/read-documents.ts';
import { listShards } from '../../server/corpus/shard.ts';
import { shardForm } from '../../server/corpus/shard-format.ts';

const [shard] = listShards([process.argv[2]!]);
const options = {
  signal: new AbortController().signal,
  onBytes: () => {},
  onProblem: (problem: { message: string }) => {
    throw new Error(problem.message);
  },
  ...(process.argv[3] === 'index' && { onRestartPoint: () => {} }),
};
const before = process.cpuUsage();
const startedAt = performance.now();
let nBytes = 0;
if (shardForm(shard!.format) === 'rows')
  for await (const chunk of readBytes(shard!, options)) nBytes += chunk.length;
else for await (const { text } of readDocuments(shard!, options)) nBytes += text.length;
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    nBytes,
    cpuMs: (user + system) / 1000,
    elapsedMs: performance.now() - startedAt,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  }),
);
