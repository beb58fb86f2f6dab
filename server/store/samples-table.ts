// Table `samples`: appended a batch at a time by sampling, read whole by detection and one by one by views.

import type { Database } from './study-file.ts';

export interface StoredSample {
  readonly sampleId: number;
  readonly promptIndex: number | null;
  readonly ended: 'eos' | 'length' | 'unknown';
  readonly tokens: Uint32Array | null;
  /** In nats, one for each token. */
  readonly logprobs: Float32Array | null;
  readonly text: Uint8Array;
  /** Bytes of text that each token stands for; left out where unknown. */
  readonly tokenBytes?: Uint16Array;
  /** Said where the ids of its tokens are not known. */
  readonly nTokens?: number;
}

export type SampleTextRow = Pick<StoredSample, 'sampleId' | 'promptIndex' | 'ended' | 'text'>;

/** Call inside a transaction: a batch is kept whole or not at all. */
export function insertSamples(db: Database, samples: Iterable<StoredSample>): void {
  const insert = db.prepare('INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (const sample of samples) {
    insert.run(
      sample.sampleId,
      sample.promptIndex,
      sample.ended,
      sample.tokens?.length ?? sample.nTokens ?? 0,
      sample.tokens && bytesOf(sample.tokens),
      sample.logprobs && bytesOf(sample.logprobs),
      sample.text,
      sample.tokenBytes ? bytesOf(sample.tokenBytes) : null,
    );
  }
}

export function readSampleIds(db: Database): ReadonlySet<number> {
  return new Set(
    db
      .prepare('SELECT sample_id FROM samples')
      .all()
      .map((row) => Number(row.sample_id)),
  );
}

/** Whole samples in order of id, one in memory at a time. */
export function* readSamples(db: Database): Generator<StoredSample> {
  for (const row of db.prepare('SELECT * FROM samples ORDER BY sample_id').iterate()) {
    const tokens = row.tokens as Uint8Array | null;
    const logprobs = row.logprobs as Uint8Array | null;
    yield {
      sampleId: Number(row.sample_id),
      promptIndex: row.prompt_index as number | null,
      ended: row.ended as StoredSample['ended'],
      tokens: tokens && new Uint32Array(tokens.slice().buffer),
      logprobs: logprobs && new Float32Array(logprobs.slice().buffer),
      text: row.text as Uint8Array,
    };
  }
}

/** Undefined where there is no sample. */
export function firstSampleId(db: Database): number | undefined {
  const first = db.prepare('SELECT min(sample_id) AS first FROM samples').get()?.first;
  return typeof first === 'number' ? first : undefined;
}

/** The texts in order of id, with how each ended. */
export function* readSampleTexts(db: Database): Generator<SampleTextRow> {
  const rows = db.prepare('SELECT sample_id, prompt_index, ended, text FROM samples ORDER BY sample_id');
  for (const row of rows.iterate()) {
    yield {
      sampleId: Number(row.sample_id),
      promptIndex: row.prompt_index as number | null,
      ended: row.ended as StoredSample['ended'],
      text: row.text as Uint8Array,
    };
  }
}

export function readSampleText(db: Database, sampleId: number): Uint8Array | undefined {
  return db.prepare('SELECT text FROM samples WHERE sample_id = ?').get(sampleId)?.text as
    | Uint8Array
    | undefined;
}

const bytesOf = (array: Uint32Array | Float32Array | Uint16Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
