// What is tried everywhere, and what in continuous integration alone. At a desk the same checks run on fewer inputs, so that
// `npm test` takes minutes: what is left out is more of the same kind, never a kind.

export const inCi = Boolean(process.env.CI);

/** How many random inputs a property is tried on. */
export const runs = (n: number): number => (inCi ? n : Math.ceil(n / 4));

/** All of them in continuous integration; at a desk the first, and then each `step`th. */
export const someOf = <Item>(items: readonly Item[], step: number): readonly Item[] =>
  inCi ? items : items.filter((_, i) => i % step === 0);
