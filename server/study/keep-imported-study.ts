// Writes a study that was made elsewhere into a new study file, as if it had been run here.

import type { ImportedStudy } from '../formats/published/import-study.ts';
import { detectionInputsDigest } from '../store/detection-inputs.ts';
import { replaceCoverage, replaceFragments } from '../store/fragments-table.ts';
import { insertSamples } from '../store/samples-table.ts';
import { documentId } from '../store/schema.ts';
import { setDone } from '../store/stages-table.ts';
import { type Database, transact } from '../store/study-file.ts';
import { insertStudy, mergeEnvironment, setState } from '../store/study-table.ts';
import { measureSamples } from './measure-samples.ts';

export function keepImportedStudy(db: Database, study: ImportedStudy): void {
  transact(db, () => {
    insertStudy(db, study.plan);
    mergeEnvironment(db, study.environment);
    insertSamples(
      db,
      study.samples.map(({ sampleId, promptIndex, text }) => ({
        sampleId,
        promptIndex,
        ended: 'unknown' as const,
        tokens: null,
        logprobs: null,
        text: Buffer.from(text, 'latin1'),
      })),
    );
    insertCorpus(db, study);
    replaceFragments(db, study.fragments);
    replaceCoverage(db, study.covered);
    setDone(db, 'analyse', detectionInputsDigest(db, study.plan.rule));
    setState(db, study.nLostPlaces > 0 ? 'partial' : 'complete', null);
  });
  measureSamples(db, study.plan.rule);
}

/** What is known of the corpus: names of shards, and the documents that hold a fragment. */
function insertCorpus(db: Database, { shards, documents }: ImportedStudy): void {
  const insertShard = db.prepare(
    `INSERT INTO shards (shard_id, path, name, format, disk_bytes, modified_ms, state, n_rows, content_bytes, n_problems)
     VALUES (?, ?, ?, 'jsonl', 0, 0, 'scanned', ?, 0, 0)`,
  );
  for (const [i, { name, path }] of shards.entries()) {
    insertShard.run(i, path, name, documents.filter(({ shard }) => shard === i).length);
  }
  const insertDocument = db.prepare(
    `INSERT INTO documents (document_id, shard_id, row, byte_offset, repository, path, license)
     VALUES (?, ?, ?, 0, ?, ?, ?)`,
  );
  for (const d of documents) {
    insertDocument.run(documentId(d.shard, d.row), d.shard, d.row, d.repository, d.path, d.license);
  }
}
