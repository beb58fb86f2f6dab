// The graph forms for graphics processors: which one each provider takes, and its name, which is part of a
// sample's key. It loads nothing of the runtime, so it can be asked where there is none.

import { EnvironmentError } from '../../../errors.ts';
import type { Precision } from '../../decoder/decoder-model.ts';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import type { StepForm } from '../in-place/step-graph.ts';

export type DeviceProvider = 'cuda' | 'webgpu' | 'dml' | 'coreml';

export type DeviceForm =
  /** Kernels of our own (server/sampling/cuda): no graph of the runtime. */
  | { readonly kind: 'cuda'; readonly precision: Precision }
  | { readonly kind: 'steps'; readonly precision: Precision; readonly steps: StepForm };

/** The size of every run on a device, whatever is in it: kernels may share out their work by either number. */
export interface RunSize {
  /** Rows of each run, filled up where a batch has fewer. */
  readonly nRows: number;
  /** Positions of the plan's longest sample with its prompt; the last is never fed. */
  readonly nPositions: number;
}

export type SizedDeviceForm = DeviceForm & { readonly size: RunSize };

const STEPS = { nSteps: 8, arithmetic: 'float32' } as const;

/** The fastest form as measured (docs/performance.md). Throws where the provider has no form for this model. */
export function chooseDeviceForm(provider: DeviceProvider, { attention, mlp }: DecoderSpec): DeviceForm {
  const { headWidth } = attention;
  if (mlp.experts !== undefined) {
    throw new EnvironmentError(
      `it has no form for a mixture of experts, and this model has ${mlp.experts.n}`,
      {
        action: 'Choose the provider cpu.',
      },
    );
  }
  if (headWidth % 8 !== 0) {
    throw new EnvironmentError(
      `its attention takes heads of a width in steps of 8, and this model's have ${headWidth} values`,
      { action: 'Choose the provider cpu.' },
    );
  }
  if (provider !== 'cuda') {
    const cache = provider === 'webgpu' ? 'in-place' : 'handed-on';
    return { kind: 'steps', precision: 'float32', steps: { ...STEPS, cache } };
  }
  if (headWidth > 256) {
    throw new EnvironmentError(
      `CUDA's attention takes heads of up to 256 values, and this model's have ${headWidth}`,
      { action: 'Choose another provider.' },
    );
  }
  return { kind: 'cuda', precision: 'float16' };
}

/** Changes whenever the kernels round differently. */
const CUDA_KERNELS = 1;

/** Rows are part of the name: a matrix product of another height may round differently. */
export function nameDeviceForm(form: DeviceForm, nRows: number): string {
  if (form.kind === 'cuda') return `cuda-${CUDA_KERNELS}-${form.precision}-rows-${nRows}`;
  const { nSteps, cache } = form.steps;
  return `steps-${cache}-${form.precision}-${nSteps}-rows-${nRows}`;
}
