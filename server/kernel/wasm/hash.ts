// Hashes of lines and of windows of lines. They only steer: every equality is settled by comparing bytes or
// line numbers, so neither the seed nor a bad hash can change a result.

import { Ptr } from "./memory";

/** `mask` weakens the hash in tests; it is all ones otherwise. */
// @ts-ignore: decorator
@inline export function hashLine(at: usize, nBytes: u32, seed: u64, mask: u64): u64 {
  let h: u64 = seed ^ (<u64>nBytes * 0xA0761D6478BD642F);
  let p = at, n = nBytes;
  while (n > 8) {
    h = (h ^ load<u64>(p)) * 0xE7037ED1A0B428DB;
    h ^= h >> 32;
    p += 8;
    n -= 8;
  }
  // The last 1 to 8 bytes: what lies behind them is masked off.
  const word = n == 0 ? 0 : load<u64>(p) & (u64.MAX_VALUE >> (64 - 8 * <u64>n));
  h = (h ^ word) * 0xE7037ED1A0B428DB;
  h ^= h >> 32;
  h *= 0x8EBC6AF09C88C6E3;
  return (h ^ (h >> 29)) & mask;
}

/** Hash of `n` consecutive line hashes from `i`. */
// @ts-ignore: decorator
@inline export function hashWindow(lines: Ptr<u64>, i: u32, n: u32): u64 {
  let w = lines[i];
  for (let k: u32 = 1; k < n; k++) w = w * 0x9E3779B97F4A7C15 + lines[i + k];
  w ^= w >> 31;
  w *= 0xD6E8FEB86659FD93;
  return w ^ (w >> 32);
}

export function sameBytes(a: usize, b: usize, nBytes: u32): bool {
  let n = nBytes;
  while (n >= 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    n -= 16;
  }
  if (n >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    n -= 8;
  }
  return n == 0 || ((load<u64>(a) ^ load<u64>(b)) & (u64.MAX_VALUE >> (64 - 8 * <u64>n))) == 0;
}

// @ts-ignore: decorator
@inline export function hasBit(set: Ptr<u8>, bit: u32): bool { return ((set[bit >> 3] >> <u8>(bit & 7)) & 1) != 0; }
// @ts-ignore: decorator
@inline export function setBit(set: Ptr<u8>, bit: u32): void { set[bit >> 3] = set[bit >> 3] | (<u8>1 << <u8>(bit & 7)); }
