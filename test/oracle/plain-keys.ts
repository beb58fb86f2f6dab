// The keys of windows as docs/index-format.md, section 2, says them. Only the hashes of lines are the kernel's own.

const MASK = 2n ** 64n - 1n;
const times = (a: bigint, b: bigint) => (a * b) & MASK;
const MIX = 0xd6e8feb86659fd93n;

/** Key of a gram, whose lines have these hashes. */
function keyOf(hashes: readonly bigint[]): bigint {
  const sum = hashes.reduce((w, h) => (times(w, 0x9e3779b97f4a7c15n) + h) & MASK);
  const mixed = times(sum ^ (sum >> 31n), MIX);
  return mixed ^ (mixed >> 32n);
}

/** The inverse modulo 2^64 of an odd number. */
function inverse(a: bigint): bigint {
  let x = a;
  for (let i = 0; i < 6; i++) x = times(x, (2n - times(a, x)) & MASK);
  return x;
}

/** Hash of a line from the key of the window of it alone. */
export function lineHashOf(key: bigint): bigint {
  const mixed = times(key ^ (key >> 32n), inverse(MIX));
  return mixed ^ (mixed >> 31n) ^ (mixed >> 62n);
}

export interface PlainLine {
  readonly hash: bigint;
  /** The length of its form. */
  readonly nBytes: number;
}

/** One key a window. */
export function plainKeys(lines: readonly PlainLine[], minLines: number): readonly bigint[] {
  const k = Math.ceil(minLines / 2);
  const middle = Math.floor((k - 1) / 2);
  const ranks = lines.map(
    ({ hash, nBytes }) => (BigInt(7 - Math.min(7, Math.floor(nBytes / 16))) << 60n) | (hash >> 4n),
  );
  const isOpen = (first: number) =>
    ranks.slice(first, first + k).every((rank, i) => i === middle || rank > ranks[first + middle]!);
  const isBefore = (a: number, b: number) =>
    isOpen(a) === isOpen(b) ? ranks[a + middle]! < ranks[b + middle]! : isOpen(a);
  const keys: bigint[] = [];
  for (let start = 0; start + minLines <= lines.length; start++) {
    let best = start;
    for (let gram = start + 1; gram + k <= start + minLines; gram++) if (isBefore(gram, best)) best = gram;
    keys.push(keyOf(lines.slice(best, best + k).map(({ hash }) => hash)));
  }
  return keys;
}
