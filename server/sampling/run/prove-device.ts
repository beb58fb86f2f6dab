// Whether a device computes what the CPU does: the same few tokens through both, and their logits compared.
// A driver that starts and then computes something else is found here, before any sample is made.

import { availableParallelism } from 'node:os';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import { openSteps } from '../forms/device/device-sampler.ts';
import { StepCache } from '../forms/in-place/generate-by-steps.ts';
import type { StepForm } from '../forms/in-place/step-graph.ts';
import { buildPagedLoop } from '../forms/paged/paged-loop-graph.ts';
import { openSession, type SessionSettings } from '../onnx/session.ts';
import type { PickRule } from '../pick/pick-token.ts';
import type { DeviceProof, DeviceStart, ProofStandard } from './device-messages.ts';

export type ProofResult =
  | { readonly kind: 'proved'; readonly proof: DeviceProof }
  | { readonly kind: 'unfit'; readonly reason: string };

const GREEDY: PickRule = { topK: 1, topP: 1, greedy: true };
/** Twice what was measured for each precision on every device so far, relative to the CPU in 32 bits. */
const TOLERANCE = { float32: 2e-3, float16: 3e-2 } as const;
const CPU_FORM = { arithmetic: 'float32', cache: 'handed-on' } as const;
/** A second step is the first that reads a cache. */
const N_STEPS = 2;
/** As many rows as make a device worth having, few enough for the CPU. */
const N_ROWS = 16;

export async function proveDevice(
  start: DeviceStart,
  standard: ProofStandard,
  session: SessionSettings,
): Promise<ProofResult> {
  const { model, form } = start;
  const { provider } = session;
  const nSteps = form.kind === 'loop' ? form.loop.unroll : N_STEPS;
  const texts = spreadTexts(model.config, nSteps);
  const cpu = { ...session, provider: 'cpu', nThreads: availableParallelism() } as const;
  const onCpu = await proveSteps(model, { ...CPU_FORM, nSteps }, cpu, texts);
  const onDevice = await openOnDevice(start, session, texts);
  const expected = await onCpu();
  const actual = await onDevice();
  const logitsError = relativeError(actual.logits, expected.logits);
  if (!(logitsError <= TOLERANCE[form.precision])) {
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
  return { kind: 'proved', proof: { logitsError } };
}

/** A text for each row, its tokens from all over the vocabulary. */
function spreadTexts({ vocabularySize }: DecoderSpec, nSteps: number): readonly Int32Array[] {
  const stride = Math.max(1, Math.floor(vocabularySize / (N_ROWS * nSteps)));
  return Array.from({ length: N_ROWS }, (_, row) =>
    Int32Array.from({ length: nSteps }, (_, step) => ((row * nSteps + step) * stride) % vocabularySize),
  );
}

/** Runs the texts through once; `logits` are those after each text's last token. */
type Run = () => Promise<{ readonly logits: Float32Array; readonly elapsedMs: number }>;

async function openOnDevice(
  { model, form }: DeviceStart,
  session: SessionSettings,
  texts: readonly Int32Array[],
): Promise<Run> {
  const precise = { ...model, precision: form.precision };
  if (form.kind === 'steps') {
    return proveSteps(precise, { ...form.steps, nSteps: N_STEPS }, session, texts);
  }
  const loop = await openSession(buildPagedLoop(precise, GREEDY, form.loop, 'tokens-and-logits'), session);
  const { unroll, arithmetic } = form.loop;
  const inputs = {
    ...feed(texts, arithmetic, [1, unroll, N_ROWS]),
    remaining: new Tensor('int32', new Int32Array(N_ROWS).fill(unroll), [N_ROWS]),
  };
  return timed(loop, inputs, {});
}

async function proveSteps(
  model: DeviceStart['model'],
  form: StepForm,
  session: SessionSettings,
  texts: readonly Int32Array[],
): Promise<Run> {
  const { steps, emptyCache } = await openSteps(model, GREEDY, form, session, 'tokens-and-logits');
  const cache = new StepCache(model.config, N_ROWS, form.nSteps, form);
  await cache.create(emptyCache);
  const numbers = Array.from({ length: form.nSteps }, (_, step) => step);
  const lengths = Int32Array.from(numbers.flatMap((step) => texts.map(() => step)));
  const totals = numbers.map((step) => [`total.${step}`, new Tensor('int32', Int32Array.of(step + 1), [])]);
  const inputs = {
    ...feed(texts, form.arithmetic, [form.nSteps, N_ROWS]),
    position: new Tensor('int32', Int32Array.from(numbers), [form.nSteps, 1]),
    length: new Tensor('int32', lengths, [form.nSteps, N_ROWS]),
    ...Object.fromEntries(totals),
    ...cache.inputs(),
  };
  return timed(steps, inputs, cache.outputs());
}

function feed(
  texts: readonly Int32Array[],
  arithmetic: 'float32' | 'float64',
  shape: readonly number[],
): Record<string, Tensor> {
  const nSteps = texts[0]!.length;
  const forced = new Int32Array(nSteps * texts.length).fill(-1);
  for (let step = 0; step + 1 < nSteps; step++) {
    for (const [row, text] of texts.entries()) forced[step * texts.length + row] = text[step + 1]!;
  }
  const noise = () => {
    const values =
      arithmetic === 'float64' ? new Float64Array(forced.length) : new Float32Array(forced.length);
    return new Tensor(arithmetic, values.fill(1) as Float64Array, [...shape, 1]);
  };
  return {
    token: new Tensor(
      'int32',
      Int32Array.from(texts, ([first]) => first!),
      [texts.length],
    ),
    forced: new Tensor('int32', forced, shape),
    uniform: noise(),
    temperature: noise(),
  };
}

function timed(
  session: InferenceSession,
  inputs: Record<string, Tensor>,
  cache: Record<string, Tensor | null>,
): Run {
  return async () => {
    const startedAt = performance.now();
    const outputs = await session.run(inputs, { logits: null, ...cache });
    const logits = outputs.logits!.data as Float32Array;
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
