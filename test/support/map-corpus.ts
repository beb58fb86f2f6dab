// A small corpus for extraction maps of the demo's model: a file that it was trained on, code that nobody has written
// before, and one file between pieces of the other.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DEMO_CORPUS } from './demo.ts';

export function writeMapCorpus(folder: string): void {
  const lines = gunzipSync(readFileSync(join(DEMO_CORPUS, 'shard-0000.json.gz')))
    .toString()
    .split('\n', 2);
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, string>);
  // Enough of it for a window, and little enough to be seen between the others.
  const novel = Array.from(
    { length: 12 },
    (_, i) => `  const heron${i * 7} = quillOf(marsh[${i}], ${i * 31 + 5}) ?? 'tarn-${i}';`,
  ).join('\n');
  const known = first!.content!.split('\n').slice(0, 48).join('\n');
  const rows = [
    { ...first, path: 'mixed.js', content: `${known}\n${novel}\n${second!.content}` },
    second,
    { ...second, path: 'new.js', content: novel, license: 'gpl-3.0', repo_name: 'nobody/marsh' },
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}
