// The thread in which a stranger's model is opened, or only outlined.

import { answerGuarded } from '../../guard/answer-guarded.ts';
import { type Checkpoint, type ExportedModel, openModel } from './checkpoint.ts';
import { type ModelOutline, outlineGgufStart, outlineModel } from './model-outline.ts';

export interface OpenRequest {
  readonly dir: string;
  /** Whether weights are read, or their headers, or nothing of them; or the start of one file of so many bytes. */
  readonly depth: 'whole' | 'headers' | 'description' | { readonly startOf: number };
}

answerGuarded<OpenRequest, Checkpoint | ExportedModel | ModelOutline | null>(({ dir, depth }) => {
  if (depth === 'whole') return openModel(dir);
  if (typeof depth === 'object') return outlineGgufStart(dir, depth.startOf);
  return outlineModel(dir, depth === 'headers' ? 'here' : 'elsewhere');
});
