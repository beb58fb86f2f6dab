// A packed stream's bytes, a piece at a time, whatever it is packed with. Knows no files.

import { createGunzip } from 'node:zlib';
import { expands, expandsLikeNoText, type Inflated, inflate, OUTPUT_CHUNK_BYTES } from '../inflate.ts';
import type { Packing } from '../shard-format.ts';
import { openZstd } from './zstd.ts';

const openGunzip = () => createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });

/** What is damaged throws, after all that could be unpacked before it. */
export function unpack(source: AsyncIterable<Buffer>, packing: Packing): AsyncGenerator<Inflated> {
  if (packing === 'gz') return inflate(source, openGunzip(), { behindEnd: 'told' });
  if (packing === 'zst') return inflate(source, openZstd(), { openNext: openZstd });
  return doubted(unpackRarely(source, packing));
}

/** What needs a decoder of its own, which is loaded with the first such stream. */
async function* unpackRarely(
  source: AsyncIterable<Buffer>,
  packing: Exclude<Packing, 'gz' | 'zst'>,
): AsyncGenerator<Inflated> {
  switch (packing) {
    case 'bz2':
      return yield* (await import('./bzip2.ts')).unpackBzip2(source);
    case 'xz':
      return yield* (await import('./xz.ts')).unpackXz(source);
    case 'lz4':
      return yield* (await import('./lz4.ts')).unpackLz4(source);
  }
}

/** Ends what grows as no text does. */
async function* doubted(source: AsyncGenerator<Inflated>): AsyncGenerator<Inflated> {
  let nOut = 0;
  for await (const inflated of source) {
    for (const piece of inflated.pieces) nOut += piece.length;
    yield inflated;
    if (expandsLikeNoText(inflated.diskBytes, nOut)) throw expands();
  }
}

export type Damage = 'truncated' | 'corrupt' | 'expands' | 'trailing';

/** What is wrong with a packed stream, of which `nOut` bytes came out; undefined for an error that is none of its. */
export function damageOf(error: unknown, packing: Packing, nOut: number): Damage | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'VERBATIM_EXPANDS') return 'expands';
  if (code === 'Z_BUF_ERROR' || code === 'ZSTD_error_srcSize_wrong' || /^(LZ4|XZ|BZ2)_TRUNCATED$/.test(code))
    return 'truncated';
  if (/^(LZ4|XZ|BZ2|VERBATIM)_TRAILING$/.test(code)) return 'trailing';
  if (nOut > 0 && isNoBeginning(error, code)) return 'trailing';
  if (/^(Z_|ZSTD_|LZ4_|XZ_|BZ2_)/.test(code)) {
    return /truncated|incomplete/i.test(String(error)) ? 'truncated' : 'corrupt';
  }
  if (packing !== 'bz2' && packing !== 'xz') return undefined;
  // Their libraries' errors have no codes; those of the disk and of the caller do.
  if (code !== '' || !(error instanceof Error)) return undefined;
  return /premature|unexpected end|truncated|EOF/i.test(error.message) ? 'truncated' : 'corrupt';
}

/** Behind the end of a member or a frame stands what begins no other one. */
const isNoBeginning = (error: unknown, code: string) =>
  code === 'ZSTD_error_prefix_unknown' ||
  (code === 'Z_DATA_ERROR' && /incorrect header check/.test(String(error)));

/** The way out, for damage that is none. */
export function wayOut(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/windowTooLarge/.test(code)) {
    return '. It was packed with a window for which this machine has too little free memory: unpack it with zstd -d --long=31';
  }
  if (/dictionary/.test(code)) {
    return '. It was packed with a dictionary, which is not in it: unpack it with zstd -d -D DICTIONARY';
  }
  return '';
}
