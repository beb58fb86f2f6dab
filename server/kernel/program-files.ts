// URLs of the scan's own files: beside each other in dist/ when bundled, or in the source tree.

const fromSource = import.meta.url.endsWith('.ts');

export const scanWorkerUrl = new URL(fromSource ? './scan-worker.ts' : './scan-worker.js', import.meta.url);

/** Made by build-wasm.mjs. */
export const scanKernelUrl = new URL(
  fromSource ? '../../dist/scan-kernel.wasm' : './scan-kernel.wasm',
  import.meta.url,
);
