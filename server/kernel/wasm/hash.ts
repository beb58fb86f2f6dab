// Hashes of lines and of windows of lines. They only steer: every equality is settled by comparing bytes or
// line numbers, so neither the seed nor a bad hash can change a result.

import { alloc, Ptr } from "./memory";

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

/** Bytes that `hashForm` takes at once. */
const BLOCK_BYTES: u32 = 64;

/**
 * What `hashForm` needs, where a vector is one load: BLOCK_BYTES bytes of ones and as many zeros, of which a piece's mask is cut,
 * and the keys.
 */
export function prepareForms(seed: u64): usize {
  const tables = alloc(3 * BLOCK_BYTES);
  memory.fill(tables, 0xff, BLOCK_BYTES);
  const keys = tables + 2 * BLOCK_BYTES;
  const seeds = i64x2.splat(seed);
  v128.store(keys, i64x2.add(seeds, i64x2(0x2D358DCCAA6C78A5, 0x8BB84B93962EACC9)));
  v128.store(keys, i64x2.add(seeds, i64x2(0x4B33A62ED433D4A3, 0x4D5A2DA51DE1AA47)), 16);
  v128.store(keys, i64x2.add(seeds, i64x2(0xA0761D6478BD642F, 0xE7037ED1A0B428DB)), 32);
  v128.store(keys, i64x2.add(seeds, i64x2(0x8EBC6AF09C88C6E3, 0x589965CC75374CC3)), 48);
  return tables;
}

/**
 * Hash of a line for an index, which hashes every line: a block at a time without a branch, as most lines are one. Each
 * 32 bits of what is read, XOR a key, are multiplied by their neighbours, as in XXH3. Reads up to BLOCK_BYTES behind the end.
 */
// @ts-ignore: decorator
@inline export function hashForm(at: usize, nBytes: u32, seed: u64, tables: usize): u64 {
  let h: u64 = seed ^ (<u64>nBytes * 0xA0761D6478BD642F);
  let p = at;
  let left = <i32>nBytes;
  do {
    const masks = tables + (BLOCK_BYTES - <u32>min(left, BLOCK_BYTES));
    const keys = tables + 2 * BLOCK_BYTES;
    const a = v128.and(v128.load(p), v128.load(masks));
    const b = v128.and(v128.load(p, 16), v128.load(masks, 16));
    const c = v128.and(v128.load(p, 32), v128.load(masks, 32));
    const d = v128.and(v128.load(p, 48), v128.load(masks, 48));
    const products = i64x2.add(
      productsOf(v128.xor(a, v128.load(keys)), v128.xor(b, v128.load(keys, 16))),
      productsOf(v128.xor(c, v128.load(keys, 32)), v128.xor(d, v128.load(keys, 48))),
    );
    // What is multiplied by nothing counts all the same.
    const plain = i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
    const sum = i64x2.add(products, v128.shuffle<u64>(plain, plain, 1, 0));
    h = (h ^ i64x2.extract_lane(sum, 0)) * 0xE7037ED1A0B428DB;
    h ^= h >> 32;
    h = (h ^ i64x2.extract_lane(sum, 1)) * 0x8EBC6AF09C88C6E3;
    h ^= h >> 29;
    p += BLOCK_BYTES;
    left -= BLOCK_BYTES;
  } while (left > 0);
  h *= 0xD6E8FEB86659FD93;
  return h ^ (h >> 32);
}

/** Of each 64 bits the product of both halves, added up: two vectors at a time take fewer shuffles. */
// @ts-ignore: decorator
@inline function productsOf(a: v128, b: v128): v128 {
  const lower = v128.shuffle<u32>(a, b, 0, 2, 4, 6);
  const upper = v128.shuffle<u32>(a, b, 1, 3, 5, 7);
  return i64x2.add(i64x2.extmul_low_i32x4_u(lower, upper), i64x2.extmul_high_i32x4_u(lower, upper));
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
