import type { Metafile } from 'esbuild';

/** Into `dist` unless told otherwise. */
export function bundle(outdir?: string): Promise<readonly Metafile[]>;
