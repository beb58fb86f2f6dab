// Plain text as one document, in pieces of any size.

import { makeRoom, terminateLine, textEnd, textLimit, UNKNOWN, wrote } from "./document";

export function appendText(at: usize, nBytes: u32): void {
  const end = at + nBytes;
  const lf = i8x16.splat(0x0a), cr = i8x16.splat(0x0d);
  let p = at, o = textEnd();
  while (p < end) {
    if (o > textLimit()) {
      wrote(o);
      makeRoom();
      o = textEnd();
    }
    const v = v128.load(p);
    v128.store(o, v);
    let found = <u32>i8x16.bitmask(v128.or(i8x16.eq(v, lf), i8x16.eq(v, cr)));
    if (end - p < 16) found |= <u32>1 << <u32>(end - p);
    if (!found) {
      p += 16;
      o += 16;
      continue;
    }
    const n = ctz(found);
    p += n;
    wrote(o + n);
    if (p < end) terminateLine(load<u8>(p++), UNKNOWN);
    o = textEnd();
  }
  wrote(o);
}
