// A large study seeded straight into its tables: 20,000 samples, 50,000 fragments, 5 million occurrences. The
// texts are pieces of this product's own dependencies, with a few secrets among them.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PLAN_VERSION } from '../../protocol/study.ts';
import { randomSource } from '../../server/analysis/random.ts';
import { defaultRule, defaultSampling } from '../../server/plan/plan.ts';
import { setDone } from '../../server/store/stages-table.ts';
import { openForWriting, transact } from '../../server/store/study-file.ts';
import { insertStudy, setState } from '../../server/store/study-table.ts';

const root = join(import.meta.dirname, '../..');
export const studyFile = join(root, '.cache/bench-analysis/study.sqlite');

export const size = { samples: 20_000, fragments: 50_000, occurrences: 5_000_000 } as const;

const SHARDS = 50;
const DOCUMENTS = 200_000;

/** Made once; about a minute. */
export function seedStudy(): void {
  if (existsSync(studyFile)) return;
  mkdirSync(join(studyFile, '..'), { recursive: true });
  const path = `${studyFile}.new`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  const db = openForWriting(path);
  db.exec('PRAGMA synchronous = OFF');
  insertStudy(db, {
    version: PLAN_VERSION,
    source: { kind: 'model', model: '/models/large' },
    corpus: ['/corpus'],
    sampling: defaultSampling,
    rule: defaultRule,
  });
  const random = randomSource(1);
  const lines = sourceLines();
  const piece = (n: number) => {
    const start = random.below(lines.length - n);
    return lines.slice(start, start + n);
  };
  transact(db, () => {
    const shard = db.prepare(
      `INSERT INTO shards (shard_id, path, name, format, disk_bytes, modified_ms, state, n_rows, content_bytes, n_problems)
       VALUES (?, ?, ?, 'jsonl.gz', 0, 0, 'scanned', 100000, 1000000000, 0)`,
    );
    for (let i = 0; i < SHARDS; i++) shard.run(i, `/corpus/${i}.json.gz`, `${i}.json.gz`);
    const document = db.prepare(
      `INSERT INTO documents (document_id, shard_id, row, byte_offset, repository, path, license)
       VALUES (?, ?, ?, 0, ?, ?, 'MIT')`,
    );
    for (let i = 0; i < DOCUMENTS; i++) {
      const shardId = i % SHARDS;
      document.run(
        documentOf(i),
        shardId,
        Math.floor(i / SHARDS),
        `owner-${i % 9000}/repository`,
        `src/file-${i}.py`,
      );
    }
  });
  const fragments = Array.from({ length: size.fragments }, (_, rank) => {
    const text = [...piece(6 + random.below(14)), `# fragment ${rank}`];
    if (rank % 500 === 0)
      text[2] = `token = "ghp_${createHash('sha256').update(String(rank)).digest('hex').slice(0, 36)}"`;
    if (rank % 300 === 0) text[3] = `# by someone.${rank}@some-company.com`;
    return text;
  });
  // Half of all occurrences are in the corpus; counts fall with the rank, as they do.
  const weights = fragments.map((_, rank) => 1 / (rank + 200) ** 0.7);
  const scale = size.occurrences / 2 / weights.reduce((sum, w) => sum + w, 0);
  const counts = weights.map((w) => Math.max(1, Math.round(w * scale)));
  const inSamples: number[][] = Array.from({ length: size.samples }, () => []);
  transact(db, () => {
    const fragment = db.prepare('INSERT INTO fragments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    const train = db.prepare('INSERT INTO train_occurrences VALUES (?, ?, ?, 1, ?, 0, 300)');
    const sample = db.prepare('INSERT INTO sample_occurrences VALUES (?, ?, ?, ?, ?, 0, 300)');
    for (const [id, text] of fragments.entries()) {
      const n = counts[id]!;
      const bytes = Buffer.from(text.join('\n'));
      const fingerprint = createHash('md5').update(bytes).digest('hex');
      fragment.run(
        id,
        fingerprint,
        text.length,
        bytes,
        n,
        n,
        Math.ceil(n / 3),
        n,
        Math.min(n, 20_000),
        id % 2,
        Math.floor(id / 2),
      );
      for (let i = 0; i < n; i++) {
        train.run(id, i, documentOf(random.below(DOCUMENTS)), text.length);
        const sampleId = random.below(size.samples);
        sample.run(id, i, sampleId, 1 + (i % 30), (i % 30) + text.length);
        if (inSamples[sampleId]!.length < 2 && sampleId % 5 !== 0) inSamples[sampleId]!.push(id);
      }
    }
  });
  transact(db, () => {
    const insert = db.prepare(
      'INSERT INTO samples (sample_id, prompt_index, ended, n_tokens, tokens, logprobs, text, token_bytes) VALUES (?, NULL, ?, 512, NULL, NULL, ?, NULL)',
    );
    const range = db.prepare('INSERT INTO memorised_ranges VALUES (?, 0, ?, 1, ?, 0, 300, ?)');
    const metrics = db.prepare('INSERT INTO sample_metrics VALUES (?, 60, ?, 512, ?, ?, ?, ?, 55, ?, 0)');
    for (const [id, held] of inSamples.entries()) {
      const text = [...held.flatMap((f) => fragments[f]!), ...piece(40)];
      insert.run(id, 'length', Buffer.from(text.join('\n')));
      const n = held.length > 0 ? fragments[held[0]!]!.length : 0;
      const nWindows = Math.max(0, n - 5);
      if (n > 0) range.run(id, n, n, nWindows);
      const nll = 0.3 + 2 * random.uniform() + (n > 0 ? 0 : 0.6);
      metrics.run(id, n, n * 8, nll, Math.exp(nll), 700 + random.below(900), nWindows);
    }
  });
  for (const stage of ['analyse', 'measure'] as const) setDone(db, stage, '');
  setState(db, 'complete', null);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  renameSync(path, studyFile);
}

const documentOf = (i: number) => (i % SHARDS) * 2 ** 32 + Math.floor(i / SHARDS);

function sourceLines(): readonly string[] {
  const folder = join(root, 'node_modules/typescript/lib');
  const vega = join(root, 'node_modules/@observablehq/plot/src');
  const files = [folder, vega, join(root, 'server/engine'), join(root, 'server/sampling')].flatMap((path) =>
    readdirSync(path)
      .filter((name) => /\.(ts|js)$/.test(name))
      .slice(0, 60)
      .map((name) => join(path, name)),
  );
  return files
    .flatMap((path) => readFileSync(path, 'utf8').slice(0, 400_000).split('\n'))
    .map((line) => line.trim().slice(0, 160))
    .filter((line) => line !== '');
}
