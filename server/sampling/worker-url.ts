// Where the worker's program lies: beside this file, both from source and bundled.

export const samplingWorkerUrl: URL = import.meta.url.endsWith('.ts')
  ? new URL('./run/sampling-worker.ts', import.meta.url)
  : new URL('./sampling-worker.js', import.meta.url);

/** The device process's program, in the same places. */
export const deviceProcessUrl: URL = import.meta.url.endsWith('.ts')
  ? new URL('./run/device-process.ts', import.meta.url)
  : new URL('./device-process.js', import.meta.url);
