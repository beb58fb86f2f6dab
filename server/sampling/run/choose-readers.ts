// Turns the provider that was asked for into devices that read whole texts: each has to prove itself before anything it
// says is used.

import type { Execution, Provider } from '../../../protocol/study.ts';
import { chooseStreamPositions, cudaBytesBeforeRows } from '../cuda/choose-rows.ts';
import { flopsPerPosition } from '../decoder/decoder-table.ts';
import type { DeviceProvider } from '../forms/device/device-form.ts';
import { chooseReadingForm, nameReadingForm, type ReadingForm } from '../forms/device/reading-form.ts';
import type { DrawingRule } from '../forms/map/drawing-rule.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { type Attempt, chooseProvider, type ProviderChoice } from './choose-provider.ts';
import type { ReadingStart } from './device-messages.ts';
import { tooLarge } from './device-pool.ts';
import { findSystem } from './find-system.ts';
import { type ProvenDevices, startProven } from './start-proven.ts';

export interface ReadingQuestion {
  readonly execution: Execution;
  readonly checkpoint: Pick<Checkpoint, 'config' | 'weights' | 'weightFolder'>;
  readonly rule: DrawingRule;
  /** Positions of the longest text. */
  readonly longest: number;
  /** About how many positions will be read in all, by which it is judged whether a device is worth it. */
  readonly nPositions: number;
  readonly signal: AbortSignal;
}

export interface ChosenReaders extends ProvenDevices {
  readonly provider: Provider;
  readonly form: ReadingForm;
  readonly formName: string;
}

/** Throws an EnvironmentError where a provider was named and cannot be used. */
export function chooseReaders(question: ReadingQuestion): Promise<ProviderChoice<ChosenReaders>> {
  const nFlops = question.nPositions * flopsPerPosition(question.checkpoint.weights);
  return chooseProvider(question.execution, nFlops, (provider, isForced) =>
    tryProvider(provider, question, isForced),
  );
}

async function tryProvider(
  provider: DeviceProvider,
  { execution, checkpoint, rule, longest, signal }: ReadingQuestion,
  isForced: boolean,
): Promise<Attempt<ChosenReaders>> {
  const unfit = (reason: string, action?: string) =>
    ({ kind: 'unfit', reason, ...(action === undefined ? {} : { action }) }) as const;
  const found = findSystem(provider);
  if (found.kind === 'missing') return unfit(found.reason, found.action);
  const { config, weights, weightFolder } = checkpoint;
  const { workers, batch } = execution;
  const nDevices = workers === 'auto' ? found.devices.length : Math.min(workers, found.devices.length);
  const free = Math.min(...found.devices.slice(0, nDevices).map(({ freeBytes }) => freeBytes));
  const needed = cudaBytesBeforeRows(weights);
  if (provider === 'cuda' && needed > free) return unfit(tooLarge(needed, free));
  let form: ReadingForm;
  try {
    form = chooseReadingForm(provider, config, longest, batch, () =>
      chooseStreamPositions(config, weights, longest, batch, free),
    );
  } catch (cause) {
    return unfit(cause instanceof Error ? cause.message : String(cause));
  }
  const starts = Array.from(
    { length: nDevices },
    (_, deviceId): ReadingStart => ({
      ...{ kind: 'read', model: { config, weights, weightFolder }, rule, form },
      ...{ system: found.system, deviceId },
    }),
  );
  const proofTime = isForced ? 'beside' : 'first';
  const started = await startProven(provider, starts, { isForced, proofTime, signal });
  if (started.kind === 'unfit') return started;
  return { kind: 'chosen', chosen: { provider, form, formName: nameReadingForm(form), ...started.chosen } };
}
