// Opens a model in a graph form, for sampling, scoring or mapping: the one door for a sampling thread, a device's process
// and a device's proof alike.

import { UserError } from '../../errors.ts';
import type { ProofTime } from '../cuda/running-proof.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import { type ExportedSource, openExportedSampler } from '../exported/generate-exported.ts';
import { openExportedMapper } from '../exported/map-exported.ts';
import { openExportedScorer, openStepScorer } from '../exported/score-exported.ts';
import { openCachedSampler } from '../forms/cached/generate-batch.ts';
import type { DeviceForm } from '../forms/device/device-form.ts';
import type { GraphForm, LogitsListener, RowsAtOnce } from '../forms/graph-form.ts';
import { openStepSampler } from '../forms/in-place/generate-by-steps.ts';
import type { DrawingRule } from '../forms/map/drawing-rule.ts';
import { type MeasureTokens, openMapper } from '../forms/map/map-batch.ts';
import type { Sampler } from '../forms/rows.ts';
import { openScorer, type TeacherForcing } from '../forms/score/score-batch.ts';
import type { SessionSettings } from '../onnx/session.ts';
import type { PickRule } from '../pick/pick-token.ts';

/** What can be sampled and scored. Plain data, to be sent to a thread or a process. */
export type SampledModel = DecoderModel | ExportedSource;

/**
 * Throws a UserError for what the form cannot do. `onLogits` hears the logits of each run beside its tokens; which
 * ones, each form's own opener says. `proofTime` is for the form that proves itself, CUDA's.
 */
export async function openSampler(
  model: SampledModel,
  rule: PickRule,
  form: GraphForm,
  session: SessionSettings,
  onLogits?: LogitsListener,
  proofTime: ProofTime = 'first',
): Promise<Sampler> {
  if ('decoder' in model) return openExportedSampler(model, rule, session);
  switch (form.kind) {
    case 'cached':
      return openCachedSampler(model, rule, session, onLogits);
    case 'cuda': {
      // Loaded only now: it loads the libraries of a system that most users do not have.
      const { openCudaSampler } = await import('../cuda/generate-on-cuda.ts');
      const { deviceId = 0 } = session;
      return openCudaSampler(inFloats(model, form), rule, form.size, deviceId, proofTime);
    }
    case 'steps':
      return openStepSampler(inFloats(model, form), rule, form.steps, form.size, session, onLogits);
    case 'exported':
      throw new Error('Weights have no form that was made elsewhere');
  }
}

/** Opens a model to read the log-probabilities of given texts with. */
export function openTeacherForcing(
  model: SampledModel,
  session: SessionSettings,
  rows: RowsAtOnce = 'together',
): Promise<TeacherForcing> {
  if (!('decoder' in model)) return openScorer(model, session);
  const { decoder } = model;
  // Positions of a text are rows of the same products, so they influence each other as well.
  const isOneByOne = rows === 'alone' && decoder.past.length > 0;
  return isOneByOne ? openStepScorer(decoder, session) : openExportedScorer(decoder, session);
}

/** Opens a model to measure the tokens of training data with. */
export function openMap(
  model: SampledModel,
  rule: DrawingRule,
  session: SessionSettings,
): Promise<MeasureTokens> {
  if (!('decoder' in model)) return openMapper(model, rule, session);
  return openExportedMapper(model.decoder, model.config.vocabularySize, rule, session);
}

/** The model in a device's precision; there is none with 8-bit products. */
function inFloats(model: DecoderModel, { precision }: DeviceForm): DecoderModel {
  if (model.int8 === undefined) return { ...model, precision };
  throw new UserError('8-bit products have no form for graphics processors.', {
    action: 'Leave --int8 out, or choose the provider cpu.',
  });
}
