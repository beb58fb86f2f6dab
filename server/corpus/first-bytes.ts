// What a file is by its first bytes, whatever its name says. Knows no shards.

export type FirstBytes =
  | 'gzip'
  | 'zstd'
  | 'parquet'
  | 'zip'
  | 'bzip2'
  | 'xz'
  | 'lz4'
  | 'arrow'
  | 'git-lfs-pointer'
  | 'html'
  | 'utf-16'
  | 'other';

/** How many bytes `recognise` looks at. */
export const N_FIRST_BYTES = 64;

const starts: readonly (readonly [string, FirstBytes])[] = [
  ['\x1f\x8b', 'gzip'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
  ['PAR1', 'parquet'],
  ['PARE', 'parquet'],
  ['PK\x03\x04', 'zip'],
  ['PK\x05\x06', 'zip'],
  ['BZh', 'bzip2'],
  ['\xfd7zXZ\x00', 'xz'],
  ['\x04\x22\x4d\x18', 'lz4'],
  ['ARROW1', 'arrow'],
  ['version https://git-lfs', 'git-lfs-pointer'],
  ['\xff\xfe', 'utf-16'],
  ['\xfe\xff', 'utf-16'],
];

export function recognise(head: Uint8Array): FirstBytes {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, N_FIRST_BYTES)).toString(
    'latin1',
  );
  if (isSkippableFrame(head)) return 'zstd';
  if (/^\s*<(!doctype|html)/i.test(text)) return 'html';
  return starts.find(([start]) => text.startsWith(start))?.[1] ?? 'other';
}

/** How a person would say it. */
export const firstBytesName: Readonly<Record<FirstBytes, string>> = {
  gzip: 'gzip data',
  zstd: 'Zstandard data',
  parquet: 'Parquet',
  zip: 'a zip archive',
  bzip2: 'bzip2 data',
  xz: 'xz data',
  lz4: 'LZ4 data',
  arrow: 'Arrow data',
  'git-lfs-pointer': 'a Git LFS pointer (git lfs pull fetches the file itself)',
  html: 'a web page (an error page, saved in place of the file?)',
  'utf-16': 'UTF-16 text',
  other: 'none of the formats that Verbatim reads',
};

/** A NUL near the beginning: git's own rule for what is no text. */
export const isBinary = (bytes: Uint8Array): boolean => bytes.subarray(0, 8000).includes(0);

/** What `git lfs` leaves where a file was not fetched: a few lines with a digest and a size. */
export function isLfsPointer(bytes: Uint8Array): boolean {
  if (bytes.length > 1024) return false;
  const text = Buffer.from(bytes).toString('latin1');
  return (
    /^version https?:\/\/[^\n]*(git-lfs|hawser|git-media)[^\n]*\n/.test(text) &&
    /\noid \w+:[0-9a-f]{40,}\r?\nsize \d+/.test(text)
  );
}

const pictures = [
  '\x89PNG',
  '\xff\xd8\xff',
  'GIF8',
  'BM',
  '\0\0\x01\0',
  'II*\0',
  'MM\0*',
  '8BPS',
  'RIFF....WEBP',
  '....ftypavif',
  '....ftyphei',
  '\0\0\0\x0cjP  ',
].map((start) => new RegExp(`^${start.replace('*', '\\*')}`, 's'));

/** Whether a binary file is an image, as programs commonly write them. */
export function isPicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, N_FIRST_BYTES)).toString('latin1');
  return pictures.some((start) => start.test(head));
}

const isSkippableFrame = (head: Uint8Array) =>
  head.length >= 4 && (head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;

/** What macOS keeps beside files and puts into archives: resource forks, and how a folder is shown. */
export const isOfFinder = (bytes: Uint8Array): boolean => {
  const head = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  return head.startsWith('\0\x05\x16\x07') || head === '\0\0\0\x01Bud1';
};

const containers: readonly (readonly [string, string])[] = [
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive, which is not read: unpack it'],
  ['Rar!\x1a\x07', 'a rar archive, which is not read: unpack it'],
  ['Obj\x01', 'Avro data, which is not read: save it as Parquet or JSON lines'],
  ['ORC', 'ORC data, which is not read: save it as Parquet or JSON lines'],
];

/** What a binary file is that may well hold training data and is not read, with the way out. */
export function unreadContainer(bytes: Uint8Array, path: string): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  const known = containers.find(([start]) => head.startsWith(start))?.[1];
  if (known) return known;
  const name = /\.(tfrecords?|mds|lzma)$/i.exec(path)?.[1];
  return name && `called .${name}, which is not read: save it as Parquet or JSON lines`;
}
