// Says whether a device computes what the CPU does: both read the same few tokens, and their logits are compared.
// A driver that starts and then computes something else is found here, before any sample is made.

import { availableParallelism } from 'node:os';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import type { SizedDeviceForm } from '../forms/device/device-form.ts';
import type { MapRow, MapRowResult } from '../forms/map/rows.ts';
import type { RowRequest } from '../forms/rows.ts';
import type { SessionSettings } from '../onnx/session.ts';
import type { PickRule } from '../pick/pick-token.ts';
import type {
  DeviceProof,
  DeviceStart,
  ProofStandard,
  ReadingStart,
  SamplingStart,
} from './device-messages.ts';
import { openReader } from './open-reader.ts';
import { openSampler } from './open-sampler.ts';

type ProofResult =
  | { readonly kind: 'proved'; readonly proof: DeviceProof }
  | { readonly kind: 'unfit'; readonly reason: string };

const GREEDY: PickRule = { topK: 1, topP: 1, greedy: true };
const SETTINGS = { seed: 0, maxTokens: 1, schedule: { kind: 'constant', temperature: 1 } } as const;
/** The largest relative error of logits that is taken for rounding: twice the most that any device has shown. */
const TOLERANCE = { float32: 2e-3, float16: 3e-2 } as const;
/** A run of two steps is the shortest that reads a cache. */
const N_STEPS = 2;
/** Enough rows for a device to be faster than the CPU, and few enough for the CPU to be done soon. */
const N_ROWS = 16;

export function proveDevice(
  start: DeviceStart,
  standard: ProofStandard,
  session: SessionSettings,
): Promise<ProofResult> {
  return start.kind === 'sample'
    ? proveSampling(start, standard, session)
    : proveReading(start, standard, session);
}

async function proveSampling(
  { model, form: { precision, ...form } }: SamplingStart,
  standard: ProofStandard,
  session: SessionSettings,
): Promise<ProofResult> {
  const { provider } = session;
  if (form.kind === 'cuda') {
    const { proveOnCuda } = await import('../cuda/generate-on-cuda.ts');
    return { kind: 'proved', proof: { error: proveOnCuda(model, GREEDY, form.size, session.deviceId ?? 0) } };
  }
  const size = { nRows: N_ROWS, nPositions: N_STEPS + 1 };
  const steps = { nSteps: N_STEPS, arithmetic: 'float32', cache: 'handed-on' } as const;
  const onCpuForm: SizedDeviceForm = { kind: 'steps', precision: 'float32', steps, size };
  const onDeviceForm: SizedDeviceForm = {
    ...form,
    precision,
    steps: { ...form.steps, nSteps: N_STEPS },
    size,
  };
  const texts = spreadTexts(model.config, N_STEPS);
  const cpu = { ...session, provider: 'cpu', nThreads: availableParallelism() } as const;
  const onCpu = await openRun(model, onCpuForm, cpu, texts);
  const onDevice = await openRun(model, onDeviceForm, session, texts);
  const expected = await onCpu();
  const actual = await onDevice();
  const logitsError = relativeError(actual.logits, expected.logits);
  if (!(logitsError <= TOLERANCE[precision])) {
    const reason = `its logits differ from the CPU's by ${logitsError.toExponential(1)} of their size`;
    return { kind: 'unfit', reason: `${provider} computes something else: ${reason}` };
  }
  if (standard === 'right-and-faster') {
    // The first runs compiled and allocated: only the second ones are timed.
    const [cpu, device] = [await onCpu(), await onDevice()];
    if (device.elapsedMs >= cpu.elapsedMs) {
      const times = `${device.elapsedMs.toFixed(0)} ms against ${cpu.elapsedMs.toFixed(0)} ms`;
      return { kind: 'unfit', reason: `${provider} is slower than the CPU here (${times} for a few steps)` };
    }
  }
  return { kind: 'proved', proof: { error: logitsError } };
}

/** Tokens of a text that a device reads for its proof; few, for the CPU to be done soon. */
const N_READ = 64;

async function proveReading(
  { model, rule, form }: ReadingStart,
  standard: ProofStandard,
  session: SessionSettings,
): Promise<ProofResult> {
  const { provider } = session;
  if (form.kind === 'cuda') {
    const { openCudaReader } = await import('../cuda/read-on-cuda.ts');
    const size = { nRows: form.nPositions, longest: form.longest };
    return {
      kind: 'proved',
      proof: { error: openCudaReader(model, rule, size, session.deviceId ?? 0).worst },
    };
  }
  const rows = textsToRead(model.config, form.nPositions);
  const cpu = { ...session, provider: 'cpu', nThreads: availableParallelism() } as const;
  const [onCpu, onDevice] = [
    await openReader(model, rule, form, cpu),
    await openReader(model, rule, form, session),
  ];
  const plainOf = (results: readonly MapRowResult[]) =>
    Float32Array.from(results.flatMap(({ plain }) => [...plain]));
  const expected = plainOf(await onCpu(rows));
  const error = relativeError(plainOf(await onDevice(rows)), expected);
  if (!(error <= TOLERANCE.float32)) {
    const reason = `its log-probabilities differ from the CPU's by ${error.toExponential(1)} of their size`;
    return { kind: 'unfit', reason: `${provider} computes something else: ${reason}` };
  }
  if (standard === 'right-and-faster') {
    // The first runs compiled and allocated: only the second ones are timed.
    const [cpuMs, deviceMs] = [await timeOf(() => onCpu(rows)), await timeOf(() => onDevice(rows))];
    if (deviceMs >= cpuMs) {
      const times = `${deviceMs.toFixed(0)} ms against ${cpuMs.toFixed(0)} ms`;
      return { kind: 'unfit', reason: `${provider} is slower than the CPU here (${times} for a few texts)` };
    }
  }
  return { kind: 'proved', proof: { error } };
}

/** Rows of one shape, as many as a run has or two, their tokens from all over the vocabulary. */
function textsToRead({ vocabularySize, nPositions }: DecoderSpec, nAtOnce: number): readonly MapRow[] {
  const length = Math.min(N_READ, nPositions, nAtOnce) + 1;
  return Array.from({ length: Math.min(2, Math.floor(nAtOnce / (length - 1))) }, (_, document) => ({
    ...{ document, start: 1, nKnown: 1 },
    tokens: Int32Array.from({ length }, (_, i) => ((document * length + i) * 7919) % vocabularySize),
  }));
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** A text for each row, its tokens from all over the vocabulary. */
function spreadTexts({ vocabularySize }: DecoderSpec, nSteps: number): readonly RowRequest[] {
  const stride = Math.max(1, Math.floor(vocabularySize / (N_ROWS * nSteps)));
  return Array.from({ length: N_ROWS }, (_, row) => ({
    sampleId: row,
    prompt: Array.from({ length: nSteps }, (_, step) => ((row * nSteps + step) * stride) % vocabularySize),
  }));
}

/** Runs the texts through once; `logits` are those after each text's last token. */
type Run = () => Promise<{ readonly logits: Float32Array; readonly elapsedMs: number }>;

async function openRun(
  model: DecoderModel,
  form: SizedDeviceForm,
  session: SessionSettings,
  texts: readonly RowRequest[],
): Promise<Run> {
  let logits: Float32Array = new Float32Array(0);
  const sample = await openSampler(model, GREEDY, form, session, (heard) => {
    logits = heard;
  });
  return async () => {
    const startedAt = performance.now();
    await sample(SETTINGS, texts, () => false);
    return { logits, elapsedMs: performance.now() - startedAt };
  };
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}
