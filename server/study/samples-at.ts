// Samples from whatever place the user names: a file, a folder, or the pipe that a shell made of a program's output.

import { isShellPipe, readShellPipe } from '../formats/named-file.ts';
import { type ImportedSample, readSamples } from '../formats/read-samples.ts';

export const samplesAt = async (path: string): Promise<readonly ImportedSample[]> =>
  readSamples(path, isShellPipe(path) ? await readShellPipe(path) : undefined);
