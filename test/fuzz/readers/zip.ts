import { gzipSync } from 'node:zlib';
import { writeZip } from '../../support/write-zip.ts';
import type { Harness } from '../harness.ts';
import { readShard, rows } from '../read-shard.ts';

const member = (name: string, text: string | Buffer) => ({ name, bytes: Buffer.from(text) });

export const harness: Harness = {
  fileName: 'shard.zip',
  seeds: () => [
    writeZip([
      { ...member('tool-main/a.py', 'a = 1\n'.repeat(300)), packed: 'deflate' },
      member('tool-main/LICENSE', 'MIT License\n'),
      { ...member('tool-main/rows.jsonl', rows), packed: 'deflate' },
    ]),
    writeZip([
      member('x.csv.gz', gzipSync('content,path\n"a\nb",p\n')),
      member('inner.zip', writeZip([member('z.py', 'z\n')])),
      member('t.dist-info/METADATA', 'Name: t\nLicense: MIT\n'),
    ]),
  ],
  read: (_, file) => readShard(file),
};
