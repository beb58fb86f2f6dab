// CRC-32 as zlib has it (RFC 1952, section 8), eight bytes at a time: for each of them a table says what it adds.

import { array, nil } from "./memory";

const POLYNOMIAL: u32 = 0xEDB88320;
const N_TABLES: u32 = 8;

let tables = nil<u32>();

export function prepareChecksums(): void {
  tables = array<u32>(N_TABLES << 8);
  for (let byte: u32 = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >> 1) ^ POLYNOMIAL : sum >> 1;
    tables[byte] = sum;
  }
  for (let i: u32 = 256; i < N_TABLES << 8; i++) {
    const before = tables[i - 256];
    tables[i] = (before >> 8) ^ tables[before & 0xff];
  }
}

// @ts-ignore: decorator
@inline function entry(table: u32, byte: u32): u32 { return tables[(table << 8) | (byte & 0xff)]; }

/** Goes on from the sum of what came before, or from any other number. */
export function checksum(at: usize, nBytes: u32, from: u32): u32 {
  let sum = ~from;
  let p = at;
  const end = at + nBytes;
  for (; p + 8 <= end; p += 8) {
    const one = load<u32>(p) ^ sum, two = load<u32>(p, 4);
    sum = entry(7, one) ^ entry(6, one >> 8) ^ entry(5, one >> 16) ^ entry(4, one >> 24)
      ^ entry(3, two) ^ entry(2, two >> 8) ^ entry(1, two >> 16) ^ entry(0, two >> 24);
  }
  for (; p < end; p++) sum = (sum >> 8) ^ entry(0, sum ^ load<u8>(p));
  return ~sum;
}
