import type { Harness } from '../harness.ts';
import { readShard } from '../read-shard.ts';

const records = Array.from({ length: 30 }, (_, i) => `"line ${i}\nünï ""quoted"", so\n",o/r${i},p${i}.py`);

export const harness: Harness = {
  fileName: 'shard.csv',
  seeds: () => [
    Buffer.from(['content,repo_name,path', ...records].join('\n')),
    Buffer.from('\ufeffcode;license\r\nx = 1;mit\r\n"y\r\n";\r\n'),
    Buffer.from('\ufefftext\n1\n', 'utf16le'),
  ],
  read: (_, file) => readShard(file),
};
