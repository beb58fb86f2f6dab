// How long one wait may take in the real editor and browser. A busy machine needs some of it; what never comes about is
// told within it, so that tests need no limits of their own.

export const WAIT_LIMIT_MS = 90_000;

/** Within this something happens at once, on a machine with other things to do as well. */
export const AT_ONCE_MS = 20_000;
