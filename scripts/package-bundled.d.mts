import type { Metafile } from 'esbuild';

export function bundledPackages(metafiles: readonly Metafile[]): string[];
export function checkExternals(metafiles: readonly Metafile[]): void;
