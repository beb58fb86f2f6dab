// Writes a study that was made elsewhere into a new study file, as if it had been run here.

import type { ImportedStudy } from '../formats/published/import-study.ts';
import { collectGarbage } from '../spare-memory.ts';
import { detectionInputsDigest } from '../store/detection-inputs.ts';
import { insertFragments, replaceCoverage } from '../store/fragments-table.ts';
import { makeStudy } from '../store/new-study.ts';
import { insertSamples, type StoredSample } from '../store/samples-table.ts';
import { insertKnownCorpus } from '../store/shards-table.ts';
import { setDone } from '../store/stages-table.ts';
import { type Database, transact } from '../store/study-file.ts';
import { insertStudy, mergeEnvironment, setState } from '../store/study-table.ts';
import { measureSamples } from './measure-samples.ts';
import type { TextMeasure } from './measure-text.ts';

/** Measures the samples of a study, because it has begun with that. */
export interface BegunMeasures {
  /** The measure of the sample at an index. */
  measure(index: number): TextMeasure;
  /** Is not asked any more. Resolves once it holds nothing of the samples. */
  end(): Promise<void>;
}

/** The caller holds the study's lock; where it fails, nothing is left. The study has no texts afterwards. */
export async function keepImportedStudy(
  path: string,
  study: ImportedStudy,
  begun?: BegunMeasures,
): Promise<void> {
  const fillAndForget = async (db: Database) => {
    fill(db, study, begun);
    await begun?.end();
    study.forgetTexts();
    // Places are sorted in as much memory as texts take.
    collectGarbage();
  };
  await makeStudy(path, fillAndForget, study.places);
}

function fill(db: Database, study: ImportedStudy, begun?: BegunMeasures): void {
  transact(db, () => {
    insertStudy(db, study.plan);
    mergeEnvironment(db, study.environment);
    insertSamples(db, storedSamples(study));
    insertKnownCorpus(db, study.shards, study.documents);
    insertFragments(db, study.fragments);
    replaceCoverage(db, study.covered);
    setDone(db, 'analyse', detectionInputsDigest(db, study.plan.rule));
    setState(db, study.nLostPlaces > 0 ? 'partial' : 'complete', null);
  });
  measureSamples(db, study.plan.rule, begun ? { measure: (index) => begun.measure(index) } : {});
}

function* storedSamples({ samples }: ImportedStudy): Generator<StoredSample> {
  for (const { sampleId, promptIndex, text } of samples)
    yield { sampleId, promptIndex, ended: 'unknown', tokens: null, logprobs: null, text: text() };
}
