// How many rows of a shape a device's graph reads at once. Loads nothing of the runtime.

import type { ReadingForm } from '../forms/device/reading-form.ts';
import type { RowShape } from '../forms/map/rows.ts';

export const rowsOfRun =
  ({ nPositions }: Extract<ReadingForm, { kind: 'graph' }>) =>
  ({ nTokens }: Pick<RowShape, 'nTokens'>): number =>
    Math.max(1, Math.floor(nPositions / (nTokens - 1)));
