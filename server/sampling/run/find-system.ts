// What is there of a provider's devices: a cheap look, before a process is started for nothing.

import { existsSync, readdirSync } from 'node:fs';
import type { DeviceProvider } from '../forms/device/device-form.ts';
import { guessFreeBytes } from '../providers/device-memory.ts';
import type { DeviceSearch } from '../providers/device-system.ts';
import { findCuda, otherFirstCard } from '../providers/find-cuda.ts';

export function findSystem(provider: DeviceProvider): DeviceSearch {
  if (provider === 'cuda') return findCuda();
  if (provider === 'webgpu' && process.platform === 'linux' && !hasGraphicsDevice()) {
    return {
      kind: 'missing',
      reason: 'there is no graphics device (/dev/dri is empty)',
      action: 'Install the driver of the graphics card, with Vulkan.',
    };
  }
  // Other cards of the machine may be another job's.
  const other = provider === 'webgpu' ? otherFirstCard() : undefined;
  if (other !== undefined) return { kind: 'missing', ...other };
  const system = { provider, libraryFolders: [] } as const;
  return { kind: 'found', system, devices: [{ name: provider, freeBytes: guessFreeBytes() }] };
}

/** A Vulkan driver that is named counts as a device. */
function hasGraphicsDevice(): boolean {
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return true;
  if (existsSync('/dev/nvidiactl') || existsSync('/dev/dxg')) return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('render'));
}
