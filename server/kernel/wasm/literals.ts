// JSON's numbers and words, and those that Python writes (NaN, Infinity), a byte at a time: a number may be longer than
// any buffer.

const MINUS: u32 = 1;
const ZERO: u32 = 2;
const INTEGER: u32 = 3;
const DOT: u32 = 4;
const FRACTION: u32 = 5;
const E: u32 = 6;
const E_SIGN: u32 = 7;
const EXPONENT: u32 = 8;
/** true, false, null, NaN or Infinity; its letters still to come are in `rest`, the next one lowest. */
const WORD: u32 = 9;

let state: u32 = 0;
let rest: u64 = 0;

/** What follows the I of Infinity. */
const NFINITY: u64 = 0x7974696e69666e;

/** Bytes that a literal can hold; the first other one ends it. */
// @ts-ignore: decorator
@inline export function isLiteralByte(c: u32): bool {
  const low = c | 32;
  return (c >= 0x30 && c <= 0x39) || (low >= 0x61 && low <= 0x7a) || c == 0x2d || c == 0x2b || c == 0x2e;
}

/** False when no literal begins so. */
export function beginLiteral(c: u32): bool {
  rest = 0;
  state = WORD;
  if (c == 0x74) rest = 0x657572; // rue
  else if (c == 0x66) rest = 0x65736c61; // alse
  else if (c == 0x6e) rest = 0x6c6c75; // ull
  else if (c == 0x4e) rest = 0x4e61; // aN
  else if (c == 0x49) rest = NFINITY;
  else if (c == 0x2d) state = MINUS;
  else if (c == 0x30) state = ZERO;
  else if (c >= 0x31 && c <= 0x39) state = INTEGER;
  else return false;
  return true;
}

/** False when the literal cannot go on so. */
export function stepLiteral(c: u32): bool {
  const digit = c >= 0x30 && c <= 0x39;
  const isE = (c | 32) == 0x65;
  switch (state) {
    case WORD:
      if (!rest || (rest & 0xff) != <u64>c) return false;
      rest >>= 8;
      return true;
    case MINUS:
      if (c == 0x49) {
        state = WORD;
        rest = NFINITY;
        return true;
      }
      if (!digit) return false;
      state = c == 0x30 ? ZERO : INTEGER;
      return true;
    case ZERO:
    case INTEGER:
      if (digit) return state == INTEGER;
      if (c == 0x2e) state = DOT;
      else if (isE) state = E;
      else return false;
      return true;
    case DOT:
      state = FRACTION;
      return digit;
    case FRACTION:
      if (isE) state = E;
      return digit || isE;
    case E:
      if (c == 0x2b || c == 0x2d) state = E_SIGN;
      else if (digit) state = EXPONENT;
      else return false;
      return true;
    default:
      state = EXPONENT;
      return digit;
  }
}

/** Whether the literal may end here. */
export function endLiteral(): bool {
  if (state == WORD) return rest == 0;
  return state == ZERO || state == INTEGER || state == FRACTION || state == EXPONENT;
}
