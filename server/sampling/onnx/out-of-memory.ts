// Whether memory was missing: typed arrays and the runtime's own buffers report it in different words, and neither with a code.

export const isOutOfMemory = (cause: unknown): cause is Error =>
  cause instanceof Error && /allocation failed|bad_alloc|allocate memory/i.test(cause.message);
