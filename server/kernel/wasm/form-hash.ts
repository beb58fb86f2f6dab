// The hash of a line for an index, which hashes every line. What an index proposes is compared, so this only steers.

import { alloc } from "./memory";

/** Bytes that are taken at once. */
const BLOCK_BYTES: u32 = 64;

/** BLOCK_BYTES bytes of ones and as many zeros, of which a piece's mask is cut; then the keys, where a vector is one load. */
let tables: usize = 0;

export function prepareForms(seed: u64): void {
  tables = alloc(3 * BLOCK_BYTES);
  memory.fill(tables, 0xff, BLOCK_BYTES);
  const seeds = i64x2.splat(seed);
  v128.store(keysAt(), i64x2.add(seeds, i64x2(0x2D358DCCAA6C78A5, 0x8BB84B93962EACC9)));
  v128.store(keysAt(), i64x2.add(seeds, i64x2(0x4B33A62ED433D4A3, 0x4D5A2DA51DE1AA47)), 16);
  v128.store(keysAt(), i64x2.add(seeds, i64x2(0xA0761D6478BD642F, 0xE7037ED1A0B428DB)), 32);
  v128.store(keysAt(), i64x2.add(seeds, i64x2(0x8EBC6AF09C88C6E3, 0x589965CC75374CC3)), 48);
}

// @ts-ignore: decorator
@inline export function masksAt(): usize { return tables + BLOCK_BYTES; }
// @ts-ignore: decorator
@inline export function keysAt(): usize { return tables + 2 * BLOCK_BYTES; }

/** Reads up to BLOCK_BYTES behind the end. */
export function hashForm(at: usize, nBytes: u32, seed: u64): u64 {
  const keys = keysAt();
  return hashWith(
    at, nBytes, seed, masksAt(), v128.load(keys), v128.load(keys, 16), v128.load(keys, 32), v128.load(keys, 48),
  );
}

/** The same with `masksAt()` and the keys at hand, for many lines in a row: most lines are one block. */
// @ts-ignore: decorator
@inline export function hashWith(
  at: usize, nBytes: u32, seed: u64, masks: usize, keyA: v128, keyB: v128, keyC: v128, keyD: v128,
): u64 {
  let h: u64 = seed ^ (<u64>nBytes * 0xA0761D6478BD642F);
  h = addBlock(h, at, masks - min(nBytes, BLOCK_BYTES), keyA, keyB, keyC, keyD);
  for (let done = BLOCK_BYTES; done < nBytes; done += BLOCK_BYTES) {
    h = addBlock(h, at + done, masks - min(nBytes - done, BLOCK_BYTES), keyA, keyB, keyC, keyD);
  }
  h *= 0xD6E8FEB86659FD93;
  return h ^ (h >> 32);
}

/**
 * A block without a branch, of which `mask` says how much counts. Each 32 bits of what is read, XOR a key, are multiplied by
 * their neighbours, as in XXH3.
 */
// @ts-ignore: decorator
@inline function addBlock(
  before: u64, at: usize, mask: usize, keyA: v128, keyB: v128, keyC: v128, keyD: v128,
): u64 {
  const a = v128.and(v128.load(at), v128.load(mask));
  const b = v128.and(v128.load(at, 16), v128.load(mask, 16));
  const c = v128.and(v128.load(at, 32), v128.load(mask, 32));
  const d = v128.and(v128.load(at, 48), v128.load(mask, 48));
  const products = i64x2.add(
    productsOf(v128.xor(a, keyA), v128.xor(b, keyB)),
    productsOf(v128.xor(c, keyC), v128.xor(d, keyD)),
  );
  // What is multiplied by nothing counts all the same.
  const plain = i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
  const sum = i64x2.add(products, v128.shuffle<u64>(plain, plain, 1, 0));
  let h = (before ^ i64x2.extract_lane(sum, 0)) * 0xE7037ED1A0B428DB;
  h ^= h >> 32;
  h = (h ^ i64x2.extract_lane(sum, 1)) * 0x8EBC6AF09C88C6E3;
  return h ^ (h >> 29);
}

/** Of each 64 bits the product of both halves, added up: two vectors at a time take fewer shuffles. */
// @ts-ignore: decorator
@inline function productsOf(a: v128, b: v128): v128 {
  const lower = v128.shuffle<u32>(a, b, 0, 2, 4, 6);
  const upper = v128.shuffle<u32>(a, b, 1, 3, 5, 7);
  return i64x2.add(i64x2.extmul_low_i32x4_u(lower, upper), i64x2.extmul_high_i32x4_u(lower, upper));
}
