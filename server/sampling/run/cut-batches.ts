// Batches for devices that are equally fast: of equal size, and as many for each, so that all are done at once.

/** No more batches than `nRows` a batch at the most ask for. Which one an element is in changes nothing about what is made of it. */
export function* cutBatches<Element>(
  all: readonly Element[],
  nRows: number,
  nDevices: number,
): Generator<readonly Element[], undefined> {
  const nRounds = Math.ceil(all.length / (nRows * nDevices));
  const nBatches = Math.min(all.length, nRounds * nDevices);
  const startOf = (batch: number) => Math.floor((batch * all.length) / nBatches);
  for (let batch = 0; batch < nBatches; batch++) yield all.slice(startOf(batch), startOf(batch + 1));
}
