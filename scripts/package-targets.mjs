// The systems that packages are made for, by VS Code's names. It knows of each system only where the inference
// runtime keeps its libraries for it.

/**
 * `runtime` is a folder below the runtime's bin/napi-v6, null for a system that it does not exist for: there
 * Verbatim scans, reports and browses, and says that it cannot sample. `foreign` is the package that calls NVIDIA's
 * libraries, where there are such. `maxBytes` is the budget of the .vsix.
 * @type {Readonly<Record<string, { readonly runtime: string | null, readonly foreign?: string, readonly maxBytes: number }>>}
 */
export const targets = {
  'linux-x64': { runtime: 'linux/x64', foreign: '@koromix/koffi-linux-x64', maxBytes: 45e6 },
  'linux-arm64': { runtime: 'linux/arm64', maxBytes: 45e6 },
  'win32-x64': { runtime: 'win32/x64', maxBytes: 50e6 },
  'win32-arm64': { runtime: 'win32/arm64', maxBytes: 50e6 },
  'darwin-arm64': { runtime: 'darwin/arm64', maxBytes: 45e6 },
  'darwin-x64': { runtime: null, maxBytes: 20e6 },
  'alpine-x64': { runtime: null, maxBytes: 20e6 },
  'alpine-arm64': { runtime: null, maxBytes: 20e6 },
};
