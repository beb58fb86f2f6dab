// Paths of the demo's model, and of its training data once they are built.

import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export const DEMO_MODEL = join(ROOT, 'media', 'demo-model');
export const DEMO_CORPUS = join(ROOT, 'dist', 'demo-corpus', 'shards');
