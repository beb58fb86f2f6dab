// Stage `sample` for samples that were made elsewhere: they are copied into the study file, so that it
// stands alone afterwards.

import type { SamplesSource } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { startMeter } from '../progress.ts';
import { openGuarded } from '../sampling/model/open-guarded.ts';
import { decodeTokens, tokenLengths } from '../sampling/tokenizer/token-bytes.ts';
import { insertSamples, type StoredSample } from '../store/samples-table.ts';
import { digestInputs, forgetStage, isDone, setDone } from '../store/stages-table.ts';
import { transact } from '../store/study-file.ts';
import { localModel } from './hub-sources.ts';
import type { StageContext } from './stage-context.ts';
import { readSampleFiles } from './user-files.ts';

export async function importSamples(context: StageContext, source: SamplesSource): Promise<void> {
  const { db, report } = context;
  const path = source.samples;
  if (isDone(db, 'import')) return;
  const imported = await readSampleFiles(path, context.signal);
  const meter = startMeter(report, 'sample', 'samples', imported.length);
  const needsDecoding = imported.some(({ content }) => 'tokens' in content);
  if (needsDecoding && source.model === null) {
    throw new UserError(`${path} holds token ids, which need the model's tokenizer`, {
      action: 'Name the model that made them with --model.',
    });
  }
  const checkpoint = needsDecoding
    ? await openGuarded(await localModel(context, source.model!), context.signal)
    : undefined;
  const samples = imported.map(({ sampleId, content, ended: known }): StoredSample => {
    const ended: StoredSample['ended'] = known ?? 'unknown';
    const tokens = 'tokens' in content ? Uint32Array.from(content.tokens) : null;
    const text =
      'text' in content
        ? content.text
        : decodeTokens(checkpoint!.tokenBytes, tokens!, checkpoint!.firstSpace);
    const sample = { sampleId, promptIndex: null, ended, tokens, logprobs: null, text } as const;
    return tokens
      ? { ...sample, tokenBytes: tokenLengths(checkpoint!.tokenBytes, tokens, checkpoint!.firstSpace) }
      : sample;
  });
  transact(db, () => {
    insertSamples(db, samples);
    setDone(db, 'import', digestInputs(source, imported.length));
    forgetStage(db, 'analyse');
  });
  meter.advance(imported.length);
}
