// The thread in which a model is opened.

import { answerGuarded } from '../guard/answer-guarded.ts';
import { type Checkpoint, type ExportedModel, openModel } from './checkpoint.ts';

answerGuarded<string, Checkpoint | ExportedModel>((dir) => openModel(dir));
