// Samples as JSON lines: `{"sample", "ended", "tokens", "logprobs", "text"}` each.

import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { forJson } from '../../guard/text/for-json.ts';
import { readSamples } from '../store/samples-table.ts';
import type { Database } from '../store/study-file.ts';

export async function writeSampleLines(db: Database, out: Writable): Promise<void> {
  await pipeline(lines(db), out, { end: false });
}

function* lines(db: Database): Generator<string> {
  for (const { sampleId, ended, tokens, logprobs, text } of readSamples(db)) {
    const line = {
      sample: sampleId,
      ended,
      tokens: tokens && [...tokens],
      logprobs: logprobs && [...logprobs],
      text: new TextDecoder().decode(text),
    };
    yield `${forJson(line)}\n`;
  }
}
