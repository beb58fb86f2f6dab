// The map beside a merged file: which sample begins at which of its lines.

import { type Check, has, mapOf, whole } from '../../json-shape.ts';
import type { ForeignFolder } from '../foreign-folder.ts';
import { mapOfMerged } from './layout.ts';

interface MergedStart {
  /** 1-based line of the merged file. */
  readonly start: number;
}

/** Sample ids by the line at which they begin, in order; empty where there is no map. */
export function readMergedMap(folder: ForeignFolder, merged: string): ReadonlyMap<number, number> {
  const path = mapOfMerged(merged);
  if (!folder.has(path)) return new Map();
  const map = folder.json<Record<string, MergedStart>>(path, isMap, 'a map from outputs to lines');
  const starts = Object.entries(map).map(([id, { start }]) => [start, Number(id)] as const);
  return new Map(starts.toSorted(([a], [b]) => a - b));
}

const isMap: Check = (value) =>
  mapOf(has<MergedStart>({ start: whole }))(value) &&
  Object.keys(value as object).every((id) => /^\d{1,15}$/.test(id));
