// Samples from whatever place the user names: a file, a folder, another study, or the pipe that a shell made of a
// program's output.

import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { isShellPipe, readShellPipe } from '../formats/named-file.ts';
import { type ImportedSample, readSamples } from '../formats/read-samples.ts';
import { readSampleTexts } from '../store/samples-table.ts';
import { openForReading } from '../store/study-file.ts';

export async function samplesAt(path: string): Promise<readonly ImportedSample[]> {
  if (path.endsWith('.sqlite') && existsSync(path)) return samplesOfStudy(path);
  return readSamples(path, isShellPipe(path) ? await readShellPipe(path) : undefined);
}

/** Those that it has by now: it may be paused, or run. */
function samplesOfStudy(path: string): readonly ImportedSample[] {
  using db = openForReading(path);
  const samples = Array.from(readSampleTexts(db), ({ sampleId, text, ended }): ImportedSample => {
    const sample = { sampleId, content: { text } };
    return ended === 'unknown' ? sample : { ...sample, ended };
  });
  if (samples.length > 0) return samples;
  throw new UserError(`${path} has no samples yet`, { action: 'Run that study for a while.' });
}
