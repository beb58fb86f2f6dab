// The readers that there are harnesses for, by the name of their file.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Harness } from './harness.ts';

const folder = join(import.meta.dirname, 'readers');

export const readers: readonly string[] = readdirSync(folder)
  .map((name) => name.replace(/\.ts$/, ''))
  .sort();

export async function loadHarness(reader: string): Promise<Harness> {
  return (await import(join(folder, `${reader}.ts`))).harness as Harness;
}

/** Inputs that once failed, and others worth keeping; `seeds/READER/`. */
export function keptSeeds(reader: string): ReadonlyMap<string, Uint8Array> {
  const seeds = join(import.meta.dirname, 'seeds', reader);
  try {
    return new Map(
      readdirSync(seeds)
        .sort()
        .map((name) => [name, readFileSync(join(seeds, name))]),
    );
  } catch {
    return new Map();
  }
}
