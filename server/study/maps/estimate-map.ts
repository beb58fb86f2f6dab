// About how long an extraction map takes: some documents of the training data are read, tokenised and measured, and the
// rates that come of it are those of this machine, model and corpus.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Execution, MapPlan, StudyPlan } from '../../../protocol/study.ts';
import { N_CALIBRATION_DRAWS } from '../../analysis/calibration.ts';
import { countWindows } from '../../analysis/map-windows.ts';
import { readDocuments } from '../../corpus/read-documents.ts';
import type { Shard } from '../../corpus/shard.ts';
import { UserError } from '../../errors.ts';
import type { MapRow } from '../../sampling/forms/map/rows.ts';
import { positionsAtOnce } from '../../sampling/forms/score/windows.ts';
import { type MapReader, openMapReader } from '../../sampling/map-model.ts';
import type { Checkpoint, ExportedModel } from '../../sampling/model/checkpoint.ts';
import { openGuarded } from '../../sampling/model/open-guarded.ts';
import { openEncoder } from '../../sampling/tokenizer/open-encoder.ts';
import { decodeTokens, tokenLengths } from '../../sampling/tokenizer/token-bytes.ts';
import { openForWriting } from '../../store/study-file.ts';
import { insertStudy } from '../../store/study-table.ts';
import { localExecutor } from '../executors/local.ts';
import { fetchShards } from '../fetch-shards.ts';
import { localModel } from '../hub-sources.ts';
import { registerShards } from '../register-shards.ts';
import type { StageContext } from '../stage-context.ts';
import { MapDocument } from './map-document.ts';
import { checkWindow, mapQuestion } from './map-question.ts';

export interface MapEstimate {
  readonly nShards: number;
  readonly corpusBytes: number;
  /** Read to estimate from. */
  readonly nDocuments: number;
  readonly textBytes: number;
  /** All of these are of the whole corpus. */
  readonly nTokens: number;
  readonly nWindows: number;
  /** Tokens that the model reads: windows overlap, or pieces do. */
  readonly nPositions: number;
  /** What the model reads in a second here. */
  readonly positionsPerSecond: number;
  readonly provider: string;
  readonly workers: number;
  readonly modelSeconds: number;
  /** Reading and tokenising, which goes on beside the model, and reading twice more to count copies. */
  readonly readingSeconds: number;
  readonly seconds: number;
  /** At most, on top of that: of windows that are examined or drawn again and again. */
  readonly nSampledTokens: number;
  /** At least: windows that are kept with their text come on top. */
  readonly studyBytes: number;
}

const MOST_SHARDS = 4;
const MOST_TEXT_BYTES = 1 << 20;
const MOST_DOCUMENTS = 400;
/** The model is measured for so long behind its first batch, which waits for it to be ready. */
const MEASURED_MS = 5000;
const BYTES_A_WINDOW = 24;
const BYTES_A_DOCUMENT = 120;

export async function estimateMap(
  plan: StudyPlan,
  execution: Execution,
  signal: AbortSignal,
  measuredMs = MEASURED_MS,
): Promise<MapEstimate> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-estimate-'));
  const db = openForWriting(join(folder, 'estimate.sqlite'));
  try {
    insertStudy(db, plan);
    const context = { db, plan, execution, executor: localExecutor, signal, report: () => {} };
    const checkpoint = await openGuarded(await localModel(context, plan.source.model!), signal);
    checkWindow(checkpoint, plan.map!);
    const shards = await registerShards(context);
    const sample = await readSample(context, checkpoint, shards);
    using reader = await openMapReader(mapQuestion(plan, execution, checkpoint, shards, signal));
    const positionsPerSecond = await measureRate(reader, sample.rows, measuredMs);
    return extrapolate(sample, positionsPerSecond, reader, shards, plan.map!);
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Sample {
  readonly rows: readonly MapRow[];
  nDocuments: number;
  textBytes: number;
  diskBytes: number;
  nTokens: number;
  nWindows: number;
  readingMs: number;
  tokenisingMs: number;
}

/** The first documents of shards that are spread over the corpus, or of the first one where none of them is here. */
async function readSample(
  { plan, execution, signal }: StageContext,
  checkpoint: Checkpoint | ExportedModel,
  shards: readonly Shard[],
): Promise<Sample> {
  const map = plan.map!;
  const here = shards.filter(({ path, remote }) => remote !== undefined || existsSync(path));
  const from = here.length > 0 ? here : shards.slice(0, 1);
  const chosen = from.filter((_, i) => i % Math.ceil(from.length / MOST_SHARDS) === 0);
  const fetcher = await fetchShards(chosen, execution, signal);
  using encoder = openEncoder(checkpoint.tokenizer, checkpoint.tokenBytes, { signal });
  const bosToken = map.bos ? checkpoint.config.bosToken : null;
  const shape = { map, profile: plan.rule.profile, bosToken, nPositions: positionsAtOnce(checkpoint.config) };
  const rows: MapRow[] = [];
  const sample = { rows, ...NOTHING };
  for (const shard of chosen) {
    await fetcher.arrived(shard);
    const before = { ...sample };
    let startedAt = performance.now();
    const onBytes = (nBytes: number) => {
      sample.diskBytes += nBytes;
    };
    for await (const { text, ...document } of readDocuments(shard, {
      signal,
      onBytes,
      onProblem: () => {},
    })) {
      sample.readingMs += performance.now() - startedAt;
      const tokenisedAt = performance.now();
      const [ids = []] = await encoder.encode([text]);
      sample.tokenisingMs += performance.now() - tokenisedAt;
      sample.nDocuments++;
      sample.textBytes += text.length;
      // The map measures no document that the tokenizer does not give back, or that is shorter than a window.
      const isFaithful = Buffer.compare(decodeTokens(checkpoint.tokenBytes, ids), text) === 0;
      const nWindows = isFaithful ? countWindows(ids.length, map) : 0;
      if (nWindows > 0) sample.nTokens += ids.length;
      sample.nWindows += nWindows;
      const nBytes = tokenLengths(checkpoint.tokenBytes, ids);
      const measured = new MapDocument({ ...document, text }, Int32Array.from(ids), nBytes, shape);
      for (const row of nWindows > 0 ? measured.rows(sample.nDocuments) : []) rows.push(row);
      const isEnough =
        sample.textBytes - before.textBytes > MOST_TEXT_BYTES ||
        sample.nDocuments - before.nDocuments >= MOST_DOCUMENTS;
      if (isEnough) break;
      startedAt = performance.now();
    }
    fetcher.release(shard);
  }
  if (rows.length === 0) {
    throw new UserError('No document that was read to estimate from is as long as a window', {
      action: 'Choose a shorter --prefix or --suffix, or other training data.',
    });
  }
  return sample;
}

const NOTHING = {
  ...{ nDocuments: 0, textBytes: 0, diskBytes: 0, nTokens: 0, nWindows: 0 },
  ...{ readingMs: 0, tokenisingMs: 0 },
};

/** Positions a second, with the rows over and over until enough time has gone by. */
async function measureRate(reader: MapReader, rows: readonly MapRow[], measuredMs: number): Promise<number> {
  let measuredFrom: number | undefined;
  let nPositions = 0;
  const isOver = () => measuredFrom !== undefined && performance.now() - measuredFrom > measuredMs;
  async function* batches(): AsyncGenerator<readonly MapRow[], undefined> {
    for (;;) {
      const packer = reader.openPacker();
      for (const row of rows) {
        if (isOver()) return;
        const full = packer.add(row);
        if (full) yield full;
      }
      for (const rest of packer.rest()) yield rest;
    }
  }
  const lengthOf = new Map(rows.map((row) => [`${row.document} ${row.start}`, row.tokens.length - 1]));
  let elapsedMs = 0;
  for await (const results of reader.read(batches())) {
    if (measuredFrom === undefined) {
      measuredFrom = performance.now();
      continue;
    }
    for (const { document, start } of results) nPositions += lengthOf.get(`${document} ${start}`)!;
    elapsedMs = performance.now() - measuredFrom;
  }
  return (1000 * nPositions) / elapsedMs;
}

function extrapolate(
  sample: Sample,
  positionsPerSecond: number,
  { provider, workers }: MapReader,
  shards: readonly Shard[],
  { examine, calibrate, suffix }: MapPlan,
): MapEstimate {
  const corpusBytes = shards.reduce((sum, { nBytes }) => sum + nBytes, 0);
  const times = corpusBytes / sample.diskBytes;
  const nPositions = times * sample.rows.reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
  const nWindows = times * sample.nWindows;
  const modelSeconds = nPositions / positionsPerSecond;
  const readingSeconds = (times * (3 * sample.readingMs + sample.tokenisingMs)) / 1000;
  const besideSeconds = (times * (sample.readingMs + sample.tokenisingMs)) / 1000;
  return {
    ...{ nShards: shards.length, corpusBytes, provider, workers, positionsPerSecond },
    ...{ nDocuments: sample.nDocuments, textBytes: sample.textBytes },
    ...{ nTokens: times * sample.nTokens, nWindows, nPositions, modelSeconds, readingSeconds },
    nSampledTokens: (examine + calibrate * N_CALIBRATION_DRAWS) * suffix,
    seconds: Math.max(modelSeconds, besideSeconds) + (readingSeconds - besideSeconds),
    studyBytes: nWindows * BYTES_A_WINDOW + times * sample.nDocuments * BYTES_A_DOCUMENT,
  };
}
