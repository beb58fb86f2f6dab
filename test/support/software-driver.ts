// WebGPU on a machine without a graphics card: Chromium's software Vulkan, which Debian's package carries. It has no
// 16-bit floats. A process looks for its driver once, at the first device, so most tests name it to one of its own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const driverFolder = '/usr/lib/chromium';

/** What a process needs to know to find it. */
export const driverEnvironment = {
  LD_LIBRARY_PATH: driverFolder,
  VK_ICD_FILENAMES: join(driverFolder, 'vk_swiftshader_icd.json'),
} as const;

export const hasSoftwareDriver = existsSync(driverEnvironment.VK_ICD_FILENAMES);

/** Runs a program that reads JSON and prints JSON. */
export function runOnSoftwareDriver(program: string, input: unknown): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    timeout: 600_000, // so long only on a machine with much else to do
    env: { ...process.env, ...driverEnvironment },
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}
