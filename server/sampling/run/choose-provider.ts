// Which provider does the work: the one that was named, or the first that proves itself where the work is worth a device.
// The reason why one was passed over is kept for the user.

import type { Execution, Provider } from '../../../protocol/study.ts';
import { EnvironmentError } from '../../errors.ts';
import type { DeviceProvider } from '../forms/device/device-form.ts';

/** What trying a provider gave. */
export type Attempt<Chosen> =
  | { readonly kind: 'chosen'; readonly chosen: Chosen }
  | { readonly kind: 'unfit'; readonly reason: string; readonly action?: string };

export interface ProviderChoice<Chosen> {
  /** Null where the CPU does the work. */
  readonly chosen: Chosen | null;
  readonly fallbacks: readonly string[];
}

/** `nFlops` is about what the work takes. Throws an EnvironmentError where a provider was named and cannot be used. */
export async function chooseProvider<Chosen>(
  { provider: asked }: Pick<Execution, 'provider'>,
  nFlops: number,
  attempt: (provider: DeviceProvider, isForced: boolean) => Promise<Attempt<Chosen>>,
): Promise<ProviderChoice<Chosen>> {
  if (asked === 'cpu') return { chosen: null, fallbacks: [] };
  if (asked !== 'auto') {
    const tried = await attempt(asked, true);
    if (tried.kind === 'chosen') return { chosen: tried.chosen, fallbacks: [] };
    throw cannotBeUsed(asked, tried.reason, tried.action);
  }
  // For little work the CPU is done before a device has started, so using it needs no excuse.
  if (nFlops / CPU_FLOPS < WORTH_A_DEVICE_SECONDS) return { chosen: null, fallbacks: [] };
  const fallbacks: string[] = [];
  for (const provider of candidates()) {
    const tried = await attempt(provider, false);
    if (tried.kind === 'chosen') return { chosen: tried.chosen, fallbacks };
    fallbacks.push(`${NAMES[provider]} is not used: ${tried.reason}.`);
  }
  return { chosen: null, fallbacks };
}

export const cannotBeUsed = (provider: DeviceProvider, reason: string, action?: string) =>
  new EnvironmentError(`The provider ${provider} cannot be used: ${reason}`, {
    action: action ?? 'Run "verbatim doctor" to see what is there, or choose another provider.',
  });

const NAMES: Readonly<Record<Provider, string>> = {
  cuda: 'CUDA',
  webgpu: 'WebGPU',
  dml: 'DirectML',
  coreml: 'CoreML',
  cpu: 'The CPU',
};

/** The providers that the runtime was built with for this system, the fastest first. */
export function candidates(platform: NodeJS.Platform = process.platform): readonly DeviceProvider[] {
  if (platform === 'linux') return ['cuda', 'webgpu'];
  if (platform === 'win32') return ['webgpu', 'dml'];
  return platform === 'darwin' ? ['webgpu', 'coreml'] : [];
}

/** What the CPU must need for a device to be tried: starting one, proving it and loading the model take seconds. */
const WORTH_A_DEVICE_SECONDS = 20;
/** What two ordinary cores compute a second; more cores are a reason to use the CPU, never against a device. */
const CPU_FLOPS = 80e9;
