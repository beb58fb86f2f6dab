/** Builds dist/scan-kernel.wasm unless it is there already, from these very sources. */
export function buildKernel(): Promise<void>;
