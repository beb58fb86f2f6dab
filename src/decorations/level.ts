// How often the training data holds something, in five steps of ten times each: what colours and icons show.

export type Level = 'once' | 'few' | 'tens' | 'hundreds' | 'thousands';

/** The levels from the rarest to the commonest. */
export const LEVELS: readonly Level[] = ['once', 'few', 'tens', 'hundreds', 'thousands'];

export function levelOfTrain(train: number): Level {
  if (train >= 1000) return 'thousands';
  if (train >= 100) return 'hundreds';
  if (train >= 10) return 'tens';
  return train >= 2 ? 'few' : 'once';
}
