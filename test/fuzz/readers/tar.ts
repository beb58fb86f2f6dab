import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { writeZip } from '../../support/write-zip.ts';
import type { Harness } from '../harness.ts';
import { readShard, rows } from '../read-shard.ts';

async function tar(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}

export const harness: Harness = {
  fileName: 'shard.tar',
  seeds: async () => [
    await tar({ 'a/LICENSE': 'MIT License\n', 'a/b.py': 'b = 1\n'.repeat(200), 'a/rows.jsonl': rows }),
    await tar({
      '0.json': '{"repo_name": "o/r", "license": ["mit"]}',
      '0.py': 'x\n',
      'a.ipynb': '{"cells": []}',
    }),
    await tar({
      'x.py.gz': gzipSync('x = 1\n'),
      'inner.tar.gz': gzipSync(await tar({ 'in.py': 'inner\n' })),
      'inner.zip': writeZip([{ name: 'z.py', bytes: Buffer.from('z\n') }]),
    }),
  ],
  read: (_, file) => readShard(file),
};
