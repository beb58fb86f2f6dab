// Orders of heads in what one fused QKV projection gives: the places of those of queries, then of keys, then of values.

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

/** For each head its query, its key and its values, one head after the other. */
export const byHead = (nHeads: number): readonly number[] =>
  [0, 1, 2].flatMap((part) => upTo(nHeads).map((head) => 3 * head + part));

/**
 * Heads in as many shares as processors they were trained on, in each first all queries, then all values, then all keys.
 */
export function byShare(nHeads: number, nShares: number): readonly number[] {
  const nInShare = nHeads / nShares;
  const placesOf = (part: number) =>
    upTo(nHeads).map((head) => {
      const share = Math.floor(head / nInShare);
      return (3 * share + part) * nInShare + (head % nInShare);
    });
  const [queries, values, keys] = [placesOf(0), placesOf(1), placesOf(2)];
  return [...queries!, ...keys!, ...values!];
}
