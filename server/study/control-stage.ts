// The control of a study: documents that the model cannot have seen, cut to the samples' lengths, are looked for in the
// corpus as samples are, in the same pass. They lie in a study of their own meanwhile, of which the study keeps what it
// comes to.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDocuments } from '../corpus/read-documents.ts';
import type { Shard } from '../corpus/shard.ts';
import { LowestRanks } from '../engine/lowest-ranks.ts';
import { UserError } from '../errors.ts';
import { startMeter } from '../progress.ts';
import { uniformAt } from '../sampling/pick/philox.ts';
import { replaceControl } from '../store/control-table.ts';
import { readSampleRows } from '../store/metrics-table.ts';
import { insertSamples, readSampleTexts } from '../store/samples-table.ts';
import { documentId } from '../store/schema.ts';
import { insertShards } from '../store/shards-table.ts';
import { digestInputs, isDoneFrom } from '../store/stages-table.ts';
import { type Database, openForWriting, transact } from '../store/study-file.ts';
import { insertStudy } from '../store/study-table.ts';
import { analyse } from './analyse-stage.ts';
import { fetchShards } from './fetch-shards.ts';
import { listCorpus } from './list-corpus.ts';
import type { StageContext } from './stage-context.ts';
import { requireContentColumn } from './user-files.ts';

/** Documents of the control that are looked for, drawn at random where there are more. */
const MOST_DOCUMENTS = 20_000;

export interface OpenControl extends Disposable {
  /** The study that holds the control's documents as its samples. */
  readonly db: Database;
  /** Once its shards are scanned: keeps what it comes to in the study. */
  finish(): Promise<void>;
}

/** Null where the plan has none, or it was looked for already. Call it when the samples are there. */
export async function openControl(
  context: StageContext,
  corpus: readonly Shard[],
): Promise<OpenControl | null> {
  const { db, plan, execution, signal } = context;
  if (plan.control === undefined) return null;
  // The texts of a control stand in its own files.
  const { contents: _, ...listed } = plan;
  const { shards } = await listCorpus(db, { ...listed, corpus: plan.control }, execution, signal);
  const lengths = Array.from(readSampleTexts(db), ({ text }) => text.length);
  const identities = [shards, corpus].map((some) =>
    some.map(({ path, nBytes, modifiedMs }) => [path, nBytes, modifiedMs]),
  );
  const inputs = digestInputs('control', identities, lengths, plan.rule);
  if (isDoneFrom(db, 'control', inputs)) return null;
  await requireContentColumn(shards, signal);
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-control-'));
  using made = new DisposableStack();
  made.defer(() => rmSync(folder, { recursive: true, force: true }));
  const own = openForWriting(join(folder, 'control.sqlite'));
  made.defer(() => own.close());
  const texts = await readTexts(context, shards, lengths);
  transact(own, () => {
    insertStudy(own, plan);
    insertShards(own, corpus);
    insertSamples(
      own,
      texts.map(({ text, ended }, sampleId) => ({
        ...{ sampleId, text, ended, promptIndex: null, tokens: null, logprobs: null },
      })),
    );
  });
  const held = made.move();
  return {
    db: own,
    async finish() {
      await analyse({ ...context, db: own, report: () => {} });
      const rows = readSampleRows(own);
      transact(db, () => replaceControl(db, rows, inputs));
    },
    [Symbol.dispose]: () => held.dispose(),
  };
}

interface ControlText {
  readonly rank: number;
  readonly text: Uint8Array;
  readonly ended: 'eos' | 'length';
}

/** Each as long as a sample, dealt round-robin, or whole where it is shorter. */
async function readTexts(
  { execution, report, signal }: StageContext,
  shards: readonly Shard[],
  lengths: readonly number[],
): Promise<readonly ControlText[]> {
  const drawn = new LowestRanks<ControlText>(MOST_DOCUMENTS);
  const meter = startMeter(
    report,
    'prepare',
    'bytes',
    shards.reduce((sum, { nBytes }) => sum + nBytes, 0),
  );
  const fetcher = await fetchShards(shards, execution, signal);
  let n = 0;
  for (const shard of shards) {
    await fetcher.arrived(shard);
    const options = {
      signal,
      onBytes: (nBytes: number) => meter.advance(nBytes, shard.name),
      onProblem: () => {},
    };
    for await (const { row, text } of readDocuments(shard, options)) {
      const length = lengths[n++ % lengths.length] ?? 0;
      const ended = text.length > length ? 'length' : 'eos';
      const rank = uniformAt(0, documentId(shard.index, row), 0);
      drawn.add([{ rank, text: text.slice(0, length), ended }]);
    }
    fetcher.release(shard);
  }
  if (n > 0) return drawn.list();
  throw new UserError('The control holds no document that could be read', {
    action: 'Name shard files or folders of code with --control.',
  });
}
