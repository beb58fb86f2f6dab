// Tries every provider that this system could have on a small model, and says of each what is there, what is
// missing and what to do about it: `verbatim doctor` shows that.

import type { Provider } from '../../../protocol/study.ts';
import { VerbatimError } from '../../errors.ts';
import { chooseDeviceForm, type DeviceProvider } from '../forms/device/device-form.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { candidates } from './choose-provider.ts';
import { proveDevice } from './device-pool.ts';
import { findSystem } from './find-system.ts';

interface Examined {
  readonly provider: Provider;
  /** A provider works when its numbers are those of the CPU. */
  readonly state: 'works' | 'fails' | 'missing';
  readonly detail: string;
  /** The exact next step on this system, where there is one. */
  readonly action: string | null;
}

export async function* examineProviders(
  checkpoint: Checkpoint,
  signal: AbortSignal,
): AsyncGenerator<Examined> {
  for (const provider of candidates()) yield await examine(provider, checkpoint, signal);
  yield { provider: 'cpu', state: 'works', detail: 'always there', action: null };
}

async function examine(
  provider: DeviceProvider,
  checkpoint: Checkpoint,
  signal: AbortSignal,
): Promise<Examined> {
  const found = findSystem(provider);
  if (found.kind === 'missing') {
    return { provider, state: 'missing', detail: found.reason, action: found.action };
  }
  const { config, weights, weightFolder } = checkpoint;
  const fails = (detail: string): Examined => ({
    provider,
    state: 'fails',
    detail,
    action: ACTIONS[provider],
  });
  try {
    const proved = await proveDevice(
      {
        kind: 'sample',
        model: { config, weights, weightFolder },
        rule: { topK: 1, topP: 1, greedy: true },
        settings: { seed: 0, maxTokens: 1, schedule: { kind: 'constant', temperature: 0 } },
        form: { ...chooseDeviceForm(provider, config), size: { nRows: 1, nPositions: 2 } },
        system: found.system,
        deviceId: 0,
      },
      'right',
      signal,
    );
    if (proved.kind === 'unfit') return fails(proved.reason);
    const names = found.devices.map(({ name }) => name).join(', ');
    const error = proved.proof.error.toExponential(1);
    return {
      provider,
      state: 'works',
      detail: `${names}; a step's ${provider === 'cuda' ? 'operations' : 'logits'} differ from the CPU's by ${error} of their size`,
      action: null,
    };
  } catch (cause) {
    if (cause instanceof VerbatimError && cause.code !== 'cancelled') return fails(cause.message);
    throw cause;
  }
}

const ACTIONS: Readonly<Record<DeviceProvider, string>> = {
  cuda: "Check the driver with nvidia-smi; reinstall Verbatim's part with: verbatim providers install cuda",
  webgpu:
    process.platform === 'linux'
      ? "Install Vulkan's loader and the card's driver (Debian, Ubuntu: libvulkan1 and mesa-vulkan-drivers, or NVIDIA's)."
      : "Update the graphics card's driver.",
  dml: "Update Windows and the graphics card's driver.",
  coreml: 'Use the provider webgpu.',
};
