// The figures of the detector's bench: what one scan says of itself, and how several become one.

/** What detector-scan.ts prints. */
export interface ScanFigures {
  readonly cpuS: number;
  readonly wallS: number;
  readonly maxRssMb: number;
  readonly fragmentsCpuS: number;
  readonly fragmentsRssMb: number;
  readonly nFragments: number;
}

export type Scan = (
  samples: string,
  workers: number,
  shards: readonly string[],
  ...more: string[]
) => ScanFigures;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

export const rounded = (value: number, digits = 3) => Number(value.toFixed(digits));
