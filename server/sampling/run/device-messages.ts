// What the sampler and its device processes say to each other. Plain data: it is copied between processes.

import type { ProofTime } from '../cuda/running-proof.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { SizedDeviceForm } from '../forms/device/device-form.ts';
import type { ReadingForm } from '../forms/device/reading-form.ts';
import type { DrawingRule } from '../forms/map/drawing-rule.ts';
import type { MapRow, MapRowResult } from '../forms/map/rows.ts';
import type { GenerationSettings, RowRequest, RowResult } from '../forms/rows.ts';
import type { PickRule } from '../pick/pick-token.ts';
import type { DeviceSystem } from '../providers/device-system.ts';

/** What a device process is for, all its life. */
export type DeviceStart = SamplingStart | ReadingStart;

interface OnDevice {
  readonly model: DecoderModel;
  readonly system: DeviceSystem;
  readonly deviceId: number;
}

export interface SamplingStart extends OnDevice {
  readonly kind: 'sample';
  readonly rule: PickRule;
  readonly settings: GenerationSettings;
  readonly form: SizedDeviceForm;
  /** When a process that proves itself does so; left out, before it is ready. */
  readonly proofTime?: ProofTime;
}

/** Measures the tokens of given texts. */
export interface ReadingStart extends OnDevice {
  readonly kind: 'read';
  readonly rule: DrawingRule;
  readonly form: ReadingForm;
}

/** What a device has to show before anything it makes is used: that it computes what the CPU does, or also faster. */
export type ProofStandard = 'right' | 'right-and-faster';

export type DeviceRequest =
  /** What is the same for any model may be made ready; there is no answer. */
  | { readonly kind: 'prepare'; readonly deviceId: number }
  | { readonly kind: 'prove'; readonly start: DeviceStart; readonly standard: ProofStandard }
  | { readonly kind: 'start'; readonly start: DeviceStart }
  | { readonly kind: 'batch'; readonly rows: readonly RowRequest[] | readonly MapRow[] };

export type DeviceAnswer =
  | { readonly kind: 'proved'; readonly proof: DeviceProof }
  | { readonly kind: 'ready' }
  | { readonly kind: 'unfit'; readonly reason: string }
  | { readonly kind: 'rows'; readonly rows: readonly RowResult[] | readonly MapRowResult[] }
  | { readonly kind: 'failed'; readonly message: string };

export interface DeviceProof {
  /** ‖device − reference‖ / ‖reference‖: over the logits of a few steps, or on CUDA the largest over all operations. */
  readonly error: number;
}
