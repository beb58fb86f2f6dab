// The thread in which a stranger's model is opened, or only outlined.

import { answerGuarded } from '../guard/answer-guarded.ts';
import { type Checkpoint, type ExportedModel, openModel } from './checkpoint.ts';
import { type ModelOutline, outlineModel } from './model-outline.ts';

export interface OpenRequest {
  readonly dir: string;
  /** Whether weights are read, or their headers, or nothing of them. */
  readonly depth: 'whole' | 'headers' | 'description';
}

answerGuarded<OpenRequest, Checkpoint | ExportedModel | ModelOutline>(({ dir, depth }) =>
  depth === 'whole' ? openModel(dir) : outlineModel(dir, depth === 'headers' ? 'here' : 'elsewhere'),
);
