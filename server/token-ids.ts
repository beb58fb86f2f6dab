// Token ids as they stand in prompts.

const MOST_ID = 2 ** 31 - 1;

/** Whether it is a list of token ids, of one at least. */
export const isTokenIds = (value: unknown): value is readonly number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((id) => Number.isInteger(id) && id >= 0 && id <= MOST_ID);
