// Decompression of Parquet pages: Node's own where it has it, which is several times faster, hyparquet's for
// the rest. The size of a page is known, so no page can grow beyond it.

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

export const parquetCompressors: Compressors = {
  ...compressors,
  GZIP: (input, nBytes) => gunzipSync(input, { maxOutputLength: Math.max(1, nBytes) }),
  ZSTD: (input, nBytes) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, nBytes) }),
  BROTLI: (input, nBytes) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, nBytes) }),
};
