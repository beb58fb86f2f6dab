// What a device process needs to start: which provider, whose libraries, which environment. Plain data.

import type { DeviceProvider } from '../forms/device/device-form.ts';

export interface DeviceSystem {
  readonly provider: DeviceProvider;
  /** Folders of libraries that the provider needs: the loader must know them when the process starts. */
  readonly libraryFolders: readonly string[];
}

export interface FoundDevice {
  readonly name: string;
  readonly freeBytes: number;
}

/** What a look for a provider's devices gave; where something is missing, what it is and what to do about it. */
export type DeviceSearch =
  | { readonly kind: 'found'; readonly system: DeviceSystem; readonly devices: readonly FoundDevice[] }
  | { readonly kind: 'missing'; readonly reason: string; readonly action: string };

/** The environment to start such a process with. */
export function deviceEnvironment(
  { libraryFolders }: Pick<DeviceSystem, 'libraryFolders'>,
  base: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  if (libraryFolders.length === 0) return base;
  const before = base.LD_LIBRARY_PATH ? [base.LD_LIBRARY_PATH] : [];
  return { ...base, LD_LIBRARY_PATH: [...libraryFolders, ...before].join(':') };
}
