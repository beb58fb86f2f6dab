// Writes small Parquet files for tests: flat columns of byte arrays, plain encoding, one page a column and
// row group. The format: github.com/apache/parquet-format. Thrift's compact protocol is written by hand.

import { gzipSync, zstdCompressSync } from 'node:zlib';

export interface ParquetOptions {
  readonly codec: 'UNCOMPRESSED' | 'GZIP' | 'ZSTD';
  readonly rowsPerGroup: number;
}

type Row = Readonly<Record<string, string | Uint8Array>>;

const codecs = { UNCOMPRESSED: 0, GZIP: 2, ZSTD: 6 } as const;

export function writeParquet(rows: readonly Row[], { codec, rowsPerGroup }: ParquetOptions): Buffer {
  const names = Object.keys(rows[0]!);
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let offset = 4;
  const groups: Field[] = [];
  for (let first = 0; first < rows.length; first += rowsPerGroup) {
    const group = rows.slice(first, first + rowsPerGroup);
    const columns: Field[] = [];
    for (const name of names) {
      const values = group.map((row) => Buffer.from(row[name]!));
      const page = Buffer.concat(values.flatMap((value) => [u32(value.length), value]));
      const packed = {
        UNCOMPRESSED: () => page,
        GZIP: () => gzipSync(page),
        ZSTD: () => zstdCompressSync(page),
      }[codec]();
      const header = struct([
        [1, i32(0)],
        [2, i32(page.length)],
        [3, i32(packed.length)],
        [
          5,
          struct([
            [1, i32(values.length)],
            [2, i32(0)],
            [3, i32(3)],
            [4, i32(3)],
          ]),
        ],
      ]).bytes;
      const nPacked = header.length + packed.length;
      const metadata = struct([
        [1, i32(6)],
        [2, list(5, [i32(0)])],
        [3, list(8, [text(name)])],
        [4, i32(codecs[codec])],
        [5, i64(values.length)],
        [6, i64(header.length + page.length)],
        [7, i64(nPacked)],
        [9, i64(offset)],
      ]);
      columns.push(
        struct([
          [2, i64(offset)],
          [3, metadata],
        ]),
      );
      parts.push(header, packed);
      offset += nPacked;
    }
    groups.push(
      struct([
        [1, list(12, columns)],
        [2, i64(offset)],
        [3, i64(group.length)],
      ]),
    );
  }
  const schema = [
    struct([
      [4, text('schema')],
      [5, i32(names.length)],
    ]),
    ...names.map((name) =>
      struct([
        [1, i32(6)],
        [3, i32(0)],
        [4, text(name)],
        [6, i32(0)],
      ]),
    ),
  ];
  const footer = struct([
    [1, i32(1)],
    [2, list(12, schema)],
    [3, i64(rows.length)],
    [4, list(12, groups)],
  ]).bytes;
  return Buffer.concat([...parts, footer, u32(footer.length), Buffer.from('PAR1')]);
}

/** A value in the compact protocol, with its type. */
interface Field {
  readonly type: number;
  readonly bytes: Buffer;
}

const u32 = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
};

function varint(n: number): Buffer {
  const out: number[] = [];
  let rest = n;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Buffer.from([...out, rest]);
}

const i32 = (n: number): Field => ({ type: 5, bytes: varint(n * 2) });
const i64 = (n: number): Field => ({ type: 6, bytes: varint(n * 2) });
const text = (s: string): Field => ({
  type: 8,
  bytes: Buffer.concat([varint(Buffer.byteLength(s)), Buffer.from(s)]),
});

function list(type: number, items: readonly Field[]): Field {
  const head =
    items.length < 15
      ? Buffer.of((items.length << 4) | type)
      : Buffer.concat([Buffer.of(0xf0 | type), varint(items.length)]);
  return { type: 9, bytes: Buffer.concat([head, ...items.map(({ bytes }) => bytes)]) };
}

function struct(fields: readonly (readonly [number, Field])[]): Field {
  let last = 0;
  const parts = fields.map(([id, { type, bytes }]) => {
    const head = Buffer.of(((id - last) << 4) | type);
    last = id;
    return Buffer.concat([head, bytes]);
  });
  return { type: 12, bytes: Buffer.concat([...parts, Buffer.of(0)]) };
}
