// Samples as JSON lines: `{"sample", "ended", "loop", "tokens", "logprobs", "text"}` each; `loop` says that it only
// repeats itself.

import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { deflateSync } from 'node:zlib';
import { forJson } from '../../guard/text/for-json.ts';
import { isLoop } from '../analysis/repetition.ts';
import { readSamples } from '../store/samples-table.ts';
import type { Database } from '../store/study-file.ts';

export async function writeSampleLines(db: Database, out: Writable): Promise<void> {
  await pipeline(lines(db), out, { end: false });
}

function* lines(db: Database): Generator<string> {
  for (const { sampleId, ended, tokens, logprobs, text: bytes } of readSamples(db)) {
    const text = new TextDecoder().decode(bytes);
    const line = {
      sample: sampleId,
      ended,
      loop: isLoop(bytes, deflateSync(bytes, { level: 6 }).length, () => text),
      tokens: tokens && [...tokens],
      logprobs: logprobs && [...logprobs],
      text,
    };
    yield `${forJson(line)}\n`;
  }
}
