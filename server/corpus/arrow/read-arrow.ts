// The documents of Arrow data, files and streams, a block of rows at a time and only the columns that matter. A batch that
// cannot be read is one problem; the next one is tried.

import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch';
import { RecordBatch } from 'apache-arrow/fb/record-batch';
import { throwIfAborted } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { StreamOptions } from '../byte-stream.ts';
import { questionProblem } from '../column-question.ts';
import type { Columns } from '../columns.ts';
import type { CorpusDocument } from '../corpus-document.ts';
import type { RowRange } from '../row-range.ts';
import type { Shard } from '../shard.ts';
import { chooseTableColumns, type TableNames } from '../table-columns.ts';
import { placeColumns } from './body.ts';
import { type ArrowColumn, type ArrowValue, allValues, openColumn } from './columns.ts';
import { ArrowDamage, corrupt, sizeOf } from './doubt.ts';
import { type ArrowMessage, messagesOf } from './messages.ts';
import { type ArrowField, fieldsOf, formOf } from './schema.ts';

/** Rows that are looked at together. */
const BLOCK_ROWS = 4096;

/** The documents with rows in `range`. Batches outside it are passed over by their lengths. */
export async function* readArrow(
  source: ByteSource,
  shard: Pick<Shard, 'name' | 'path' | 'columns'>,
  options: StreamOptions,
  { fromRow, toRow }: RowRange,
): AsyncGenerator<CorpusDocument> {
  const complain = (kind: ArrowDamage['kind'] | 'no-content', what: string) =>
    options.onProblem({ kind, shard: shard.name, byteOffset: 0, message: `${shard.path}${what}` });
  let table: Table | undefined;
  let batchStart = 0;
  let nTold = 0;
  const tell = (at: number) => {
    options.onBytes(at - nTold);
    nTold = at;
  };
  try {
    for await (const message of messagesOf(source)) {
      throwIfAborted(options.signal);
      if (message.kind === 'schema') {
        if (table) continue;
        table = new Table(source, fieldsOf(message));
        const chosen = chooseTableColumns(shard.columns, table.names());
        if ('message' in chosen) return options.onProblem(questionProblem(shard, chosen));
        table.columns = chosen.columns;
        options.onColumns?.(chosen.present);
      } else if (message.kind === 'dictionary') table?.learn(message);
      else if (message.kind === 'batch') {
        if (!table) throw corrupt('it has rows and no schema');
        const nRows = nRowsOf(message);
        const first = Math.max(0, fromRow - batchStart);
        const last = Math.min(nRows, toRow - batchStart);
        if (first < last) yield* rowsOf(table, message, { first, last, batchStart, nRows }, complain);
        batchStart += nRows;
        if (batchStart >= toRow) return;
      }
      if (message.kind !== 'schema') tell(message.bodyStart + message.nBodyBytes);
    }
    if (!table) complain('corrupt', ' holds no Arrow data');
  } catch (error) {
    if (!(error instanceof ArrowDamage)) throw error;
    complain(error.kind, `${table ? ':' : ' holds no Arrow data:'} ${error.message}`);
  }
  // What was not read, too: it is done with.
  tell(source.byteLength);
}

interface BatchRange {
  /** Rows of the batch. */
  readonly first: number;
  readonly last: number;
  readonly nRows: number;
  /** Number of its first row in the shard. */
  readonly batchStart: number;
}

async function* rowsOf(
  table: Table,
  message: ArrowMessage,
  { first, last, nRows, batchStart }: BatchRange,
  complain: (kind: ArrowDamage['kind'] | 'no-content', what: string) => void,
): AsyncGenerator<CorpusDocument> {
  let at = first;
  try {
    const columns = table.open(message, nRows);
    while (at < last) {
      const end = Math.min(last, at + BLOCK_ROWS);
      const texts = await columns.content.values(at, end);
      const facts = await Promise.all(
        [columns.repository, columns.path, columns.license].map((column) =>
          column ? allValues(column, at, at + texts.length) : [],
        ),
      );
      for (const [i, text] of texts.entries()) {
        const row = batchStart + at + i;
        const [repository = '', path = '', license = ''] = facts.map((values) => asText(values[i] ?? null));
        if (text instanceof Uint8Array) yield { row, byteOffset: 0, repository, path, license, text };
        else if (text === 'too-long') complain('expands', `: row ${row} is too long and is passed over`);
        else complain('no-content', `: row ${row} has no text`);
      }
      at += texts.length;
    }
  } catch (error) {
    if (!(error instanceof ArrowDamage)) throw error;
    complain(
      error.kind,
      `: rows ${batchStart + at} to ${batchStart + last - 1} cannot be read: ${error.message}`,
    );
  }
}

/** A text, or a list of them. */
function asText(value: ArrowValue): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return Array.isArray(value) ? value.map(asText).filter(Boolean).join(' OR ') : '';
}

const batchOf = ({ message }: ArrowMessage): RecordBatch => {
  const batch: RecordBatch | null = message.header(new RecordBatch());
  if (!batch) throw corrupt('a batch is missing');
  return batch;
};

/** Rows are counted in 32 bits everywhere. */
const MOST_ROWS = 2 ** 32;

function nRowsOf(message: ArrowMessage): number {
  const nRows = sizeOf(batchOf(message).length(), 'the number of rows of a batch');
  if (nRows >= MOST_ROWS) throw corrupt(`a batch has ${nRows} rows`);
  return nRows;
}

type Opened = { readonly content: ArrowColumn } & Readonly<
  Partial<Record<'repository' | 'path' | 'license', ArrowColumn | undefined>>
>;

class Table {
  readonly #source: ByteSource;
  readonly #fields: readonly ArrowField[];
  /** Dictionaries by their places, and those that were asked for: nothing else is read. */
  readonly #dictionaries = new Map<
    bigint,
    { readonly messages: ArrowMessage[]; readonly opened: ArrowColumn[] }
  >();
  columns: Columns = { content: '', repository: '', path: '', license: '' };

  constructor(source: ByteSource, fields: readonly ArrowField[]) {
    this.#source = source;
    this.#fields = fields;
  }

  names(): TableNames {
    const named = (...forms: readonly string[]) =>
      this.#fields.filter((field) => forms.includes(formOf(field))).map(({ name }) => name);
    return {
      names: this.#fields.map(({ name }) => name),
      texts: named('texts', 'views'),
      facts: named('texts', 'views', 'lists'),
    };
  }

  learn(message: ArrowMessage): void {
    const dictionary: DictionaryBatch | null = message.message.header(new DictionaryBatch());
    if (!dictionary) return;
    const id = dictionary.id();
    const known = dictionary.isDelta() ? this.#dictionaries.get(id) : undefined;
    if (known) known.messages.push(message);
    else this.#dictionaries.set(id, { messages: [message], opened: [] });
  }

  /** The columns that matter, of one batch. */
  open(message: ArrowMessage, nRows: number): Opened {
    const placed = placeColumns(this.#source, message, batchOf(message), this.#fields);
    const open = (part: keyof Columns) => {
      const found = placed[this.#fields.findIndex(({ name }) => name === this.columns[part])];
      if (found && found.nRows !== nRows)
        throw corrupt(`the column ${found.field.name} has ${found.nRows} rows and not ${nRows}`);
      return found && openColumn(found, (id) => this.#dictionary(id));
    };
    const content = open('content');
    if (!content) throw corrupt(`the column ${this.columns.content} holds no texts`);
    return { content, repository: open('repository'), path: open('path'), license: open('license') };
  }

  async #dictionary(id: bigint): Promise<readonly ArrowColumn[]> {
    const found = this.#dictionaries.get(id);
    const values = this.#fields.map(({ dictionary }) => dictionary).find((own) => own?.id === id)?.values;
    if (!found || !values) throw corrupt(`the dictionary ${id} is not there`);
    const { messages, opened } = found;
    for (const message of messages.slice(opened.length)) {
      const dictionary: DictionaryBatch | null = message.message.header(new DictionaryBatch());
      const batch = dictionary?.data();
      if (!batch) throw corrupt(`the dictionary ${id} holds nothing`);
      const [placed] = placeColumns(this.#source, message, batch, [values]);
      const column =
        placed && openColumn(placed, () => Promise.reject(corrupt('a dictionary refers to one')));
      if (!column) throw corrupt(`the dictionary ${id} holds no texts`);
      opened.push(column);
    }
    return opened;
  }
}
