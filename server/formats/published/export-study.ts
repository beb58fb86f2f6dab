// A study in the published layout: outputs, one log a shard, statistics and texts, as its scripts expect them.
// What that layout cannot hold (provenance, exact counts) lies beside it, in files that its scripts ignore.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Disclosure } from '../../answers/describe-fragments.ts';
import { openPlaceReader, type PlaceReader } from '../../store/place-reader.ts';
import { readShards } from '../../store/shards-table.ts';
import type { Database } from '../../store/study-file.ts';
import { readStudy } from '../../store/study-table.ts';
import { exportSamples, type MergedPlaces } from './export-samples.ts';
import { formatRunName } from './layout.ts';
import { formatBlock } from './simian-log.ts';
import { openTextWriter } from './text-writer.ts';

export interface Exported {
  readonly results: string;
  readonly logs: string;
}

export async function exportStudy(db: Database, root: string, disclosure: Disclosure): Promise<Exported> {
  const { plan, environment } = readStudy(db)!;
  const { temperature, maxTokens, topK } = plan.sampling;
  const model = String(environment.model ?? (plan.model ? basename(plan.model) : 'samples'));
  const run = formatRunName({ model, temperature, maxTokens, topK, strategy: null });
  const results = join(root, 'extract', 'results', run);
  const logs = join(root, 'log', 'save', run);
  const merged = await exportSamples(db, results, plan.sampling.prompts, disclosure);
  const texts = new FragmentTexts(db, merged);
  const train = join(root, 'clone', 'save', 'corpus');
  const placed = new Set<number>();
  for (const shard of readShards(db)) exportShard(db, shard.index, { train, logs, merged, texts, placed });
  exportStatistics(db, logs);
  exportTexts(db, logs, texts);
  writeFileSync(
    join(logs, 'verbatim-study.json'),
    JSON.stringify({
      version: 1,
      plan,
      environment,
      shards: readShards(db).map(({ name, path }) => ({ name, path })),
    }),
  );
  return { results, logs };
}

/** A fragment's lines as its first sample has them, blank lines left out. Read once, asked for by every shard. */
class FragmentTexts {
  readonly #places: PlaceReader;
  readonly #merged: MergedPlaces;
  readonly #known = new Map<number, readonly string[]>();

  constructor(db: Database, merged: MergedPlaces) {
    this.#places = openPlaceReader(db, 1);
    this.#merged = merged;
  }

  lines(fragmentId: number): readonly string[] {
    const known = this.#known.get(fragmentId);
    if (known) return known;
    const [place] = this.#places.samples(fragmentId);
    const lines = place ? this.#merged.lines(place.sampleId, place.firstLine, place.lastLine) : [];
    this.#known.set(fragmentId, lines);
    return lines;
  }
}

interface ShardExport {
  readonly train: string;
  readonly logs: string;
  readonly merged: MergedPlaces;
  readonly texts: FragmentTexts;
  /**
   * Fragments whose sample places stand in an earlier log. Simian repeats them in every log, which at 50 shards
   * is most of what it writes; one is enough for a block to be taken as shared.
   */
  readonly placed: Set<number>;
}

/**
 * The shard's log; the training file that it points into, which holds the lines of each fragment once; and
 * for each training place of the log, in its order, where it really is.
 */
function exportShard(
  db: Database,
  shardId: number,
  { train, logs, merged, texts, placed }: ShardExport,
): void {
  const path = join(train, String(shardId));
  using excerpt = openTextWriter(path);
  using log = openTextWriter(join(logs, `${shardId}.log`));
  using provenance = openTextWriter(join(logs, `${shardId}.provenance.jsonl`));
  const every = openPlaceReader(db, Number.MAX_SAFE_INTEGER);
  const first = openPlaceReader(db, 1);
  let nExcerptLines = 0;
  let nBlocks = 0;
  let nLines = 0;
  for (const block of shardBlocks(db, shardId)) {
    const lines = texts.lines(block.fragmentId);
    const range = { firstLine: nExcerptLines + 1, lastLine: nExcerptLines + lines.length, path };
    for (const line of lines) excerpt.line(line);
    nExcerptLines += lines.length;
    const samples = (placed.has(block.fragmentId) ? first : every).samples(block.fragmentId);
    placed.add(block.fragmentId);
    const places = [
      ...samples.map((place) => ({
        firstLine: merged.lineOf(place.sampleId, place.firstLine),
        lastLine: merged.lineOf(place.sampleId, place.lastLine),
        path: merged.path,
      })),
      ...block.places.map(() => range),
    ];
    for (const line of formatBlock(block, places)) log.line(line);
    for (const place of block.places)
      provenance.line(latin1(JSON.stringify({ fingerprint: block.fingerprint, ...place })));
    nBlocks++;
    nLines += block.nLines * places.length;
  }
  // Its scripts keep a block when they meet the next "Found": this summary, as Simian prints it, is the last.
  log.line(`Found ${nLines} duplicate lines in ${nBlocks} blocks in 2 files`);
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

interface ShardBlock {
  readonly fragmentId: number;
  readonly fingerprint: string;
  readonly nLines: number;
  readonly places: {
    readonly row: number;
    readonly repository: string;
    readonly path: string;
    readonly license: string;
    readonly firstLine: number;
    readonly lastLine: number;
  }[];
}

function* shardBlocks(db: Database, shardId: number): Generator<ShardBlock> {
  const rows = db.prepare(
    `SELECT f.fragment_id, f.fingerprint, f.n_lines, d.row, d.repository, d.path, d.license,
       o.first_line, o.last_line
     FROM documents d JOIN train_occurrences o USING (document_id) JOIN fragments f USING (fragment_id)
     WHERE d.shard_id = ? ORDER BY f.fragment_id, o.ordinal`,
  );
  let open: ShardBlock | undefined;
  for (const row of rows.iterate(shardId)) {
    if (open?.fragmentId !== row.fragment_id) {
      if (open) yield open;
      open = {
        fragmentId: Number(row.fragment_id),
        fingerprint: String(row.fingerprint),
        nLines: Number(row.n_lines),
        places: [],
      };
    }
    open!.places.push({
      row: Number(row.row),
      repository: String(row.repository),
      path: String(row.path),
      license: String(row.license),
      firstLine: Number(row.first_line),
      lastLine: Number(row.last_line),
    });
  }
  if (open) yield open;
}

/** `memorization.json` in its shape, and beside it everything that is counted. */
function exportStatistics(db: Database, logs: string): void {
  const folder = join(logs, 'stats');
  mkdirSync(folder, { recursive: true });
  using published = openTextWriter(join(folder, 'memorization.json'));
  using counts = openTextWriter(join(folder, 'verbatim-counts.jsonl'));
  published.write('{');
  let isFirst = true;
  for (const row of db.prepare('SELECT * FROM fragments ORDER BY fragment_id').iterate()) {
    const { fingerprint, train, extract, n_lines: len } = row;
    published.write(
      `${isFirst ? '' : ','}\n  ${JSON.stringify(fingerprint)}: ${JSON.stringify({ train, extract, len })}`,
    );
    isFirst = false;
    counts.line(
      JSON.stringify({
        fingerprint,
        len,
        train,
        extract,
        documents: row.n_documents,
        repositories: row.n_repositories,
        samples: row.n_samples,
        clipped: row.clipped === 1,
      }),
    );
  }
  published.write('\n}\n');
}

function exportTexts(db: Database, logs: string, texts: FragmentTexts): void {
  const folder = join(logs, 'analyze');
  const ofShard = db.prepare(
    `SELECT DISTINCT fragment_id FROM documents JOIN train_occurrences USING (document_id)
     WHERE shard_id = ? ORDER BY fragment_id`,
  );
  const fingerprint = db.prepare('SELECT fingerprint FROM fragments WHERE fragment_id = ?');
  const writeAll = (path: string, ids: Iterable<Record<string, unknown>>) => {
    using out = openTextWriter(path);
    for (const { fragment_id: id } of ids) {
      const name = fingerprint.get(Number(id))!.fingerprint;
      out.line(`>>>>>>>>>>fingerprints ${name} >>>>>>>>>>>>>`);
      for (const line of texts.lines(Number(id))) out.line(line);
      out.write(`<<<<<<<<<<fingerprints ${name} <<<<<<<<<<\n\n\n`);
    }
  };
  for (const shard of readShards(db))
    writeAll(join(folder, `${shard.index}.txt`), ofShard.iterate(shard.index));
  writeAll(
    join(folder, 'all.txt'),
    db.prepare('SELECT fragment_id FROM fragments ORDER BY fragment_id').iterate(),
  );
  exportPrompts(db, join(folder, 'extract_prompt.json'), texts);
}

/** Fragments as prompts for two-step sampling, by occurrences in the samples. */
function exportPrompts(db: Database, path: string, texts: FragmentTexts): void {
  mkdirSync(dirname(path), { recursive: true });
  const rows = db.prepare(
    'SELECT fragment_id, fingerprint, extract FROM fragments ORDER BY extract DESC, fragment_id',
  );
  using out = openTextWriter(path);
  out.write('{');
  let isFirst = true;
  for (const row of rows.iterate()) {
    const bytes = Buffer.from(texts.lines(Number(row.fragment_id)).join('\n'), 'latin1');
    const prompt = bytes.toString();
    const entry = { prompt, occurrence: Number(row.extract), fingerprints: row.fingerprint };
    const key = createHash('sha1').update(prompt).digest('hex');
    out.write(`${isFirst ? '' : ','}\n  ${JSON.stringify(key)}: ${latin1(JSON.stringify(entry))}`);
    isFirst = false;
  }
  out.write('\n}\n');
}
