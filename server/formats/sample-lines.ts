// Samples as JSON lines: `{"sample", "ended", "tokens", "logprobs", "text"}` each.

import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { forJson } from '../../guard/text/for-json.ts';
import type { Database } from '../store/study-file.ts';

export async function writeSampleLines(db: Database, out: Writable): Promise<void> {
  await pipeline(lines(db), out, { end: false });
}

function* lines(db: Database): Generator<string> {
  for (const row of db.prepare('SELECT * FROM samples ORDER BY sample_id').iterate()) {
    const tokens = row.tokens as Uint8Array | null;
    const logprobs = row.logprobs as Uint8Array | null;
    const line = {
      sample: row.sample_id,
      ended: row.ended,
      tokens: tokens && [...new Uint32Array(tokens.slice().buffer)],
      logprobs: logprobs && [...new Float32Array(logprobs.slice().buffer)],
      text: new TextDecoder().decode(row.text as Uint8Array),
    };
    yield `${forJson(line)}\n`;
  }
}
