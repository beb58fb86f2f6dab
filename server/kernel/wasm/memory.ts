// Memory laid out by hand. Several instances share one memory, so nothing here may rely on static data
// (every instantiation would apply it again); module variables are globals, private to each instance.

/** A typed pointer that costs nothing: p[i] compiles to one load or store. */
@final @unmanaged
export class Ptr<T> {
  [key: number]: T;
  // @ts-ignore: decorator
  @inline @operator("[]") __get(i: u32): T {
    return load<T>(changetype<usize>(this) + ((<usize>i) << alignof<T>()));
  }
  // @ts-ignore: decorator
  @inline @operator("[]=") __set(i: u32, value: T): void {
    store<T>(changetype<usize>(this) + ((<usize>i) << alignof<T>()), value);
  }
}

// @ts-ignore: decorator
@inline export function nil<T>(): Ptr<T> { return changetype<Ptr<T>>(0); }

/** Bytes handed out so far: kept in the memory, not in a global, so that all instances on it agree. */
// @ts-ignore: decorator
@lazy const USED: usize = (__heap_base + 63) & ~63;

/** All that the memory can have, but for a page: more would be a sum that ran over. */
// @ts-ignore: decorator
@inline const MOST_BYTES: usize = 0xffff0000;

/**
 * Never freed, 64-byte aligned, zeroed (fresh pages), with 64 bytes of slack at both ends for vectors that
 * read past an edge. Traps when the memory cannot grow.
 */
export function alloc(nBytes: usize): usize {
  const size = sizeFor(nBytes);
  const at = USED + 64 + atomic.add<usize>(USED, size);
  reach(<u64>at + size);
  return at + 64;
}

/** What was handed out last, `at`, has room for `nBytes` now. No other instance may ask for memory meanwhile. */
export function growLast(at: usize, nBytes: usize): void {
  const size = sizeFor(nBytes);
  reach(<u64>at - 64 + size);
  atomic.store<usize>(USED, at - 64 + size - USED - 64);
}

// @ts-ignore: decorator
@inline function sizeFor(nBytes: usize): usize {
  if (nBytes > MOST_BYTES) unreachable();
  return (nBytes + 191) & ~63;
}

function reach(end: u64): void {
  while (true) {
    const need = <i32>((end + 0xffff) >>> 16);
    const have = memory.size();
    if (need <= have) return;
    // Another instance may have grown it meanwhile: then this grows by too much, which does no harm.
    if (memory.grow(need - have) < 0) unreachable();
  }
}

/** What is handed out from here on can be taken back. */
export function usedSoFar(): usize { return atomic.load<usize>(USED); }

/** Takes back all that was handed out since; nobody may use it any more. */
export function takeBack(used: usize): void {
  const most = atomic.load<usize>(USED);
  memory.fill(USED + 64 + used, 0, min<usize>(most - used + 128, (<usize>memory.size() << 16) - (USED + 64 + used)));
  atomic.store<usize>(USED, used);
}

// @ts-ignore: decorator
@inline export function array<T>(n: u32): Ptr<T> {
  const nBytes = <u64>n << alignof<T>();
  if (nBytes > MOST_BYTES) unreachable();
  return changetype<Ptr<T>>(alloc(<usize>nBytes));
}
