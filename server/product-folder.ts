// Finds the folder of the product's own files, for the bundles in dist/ and for the sources alike.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from './errors.ts';

/** The folder that holds package.json, media/ and dist/. */
export function productFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'media', 'demo-model'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new EnvironmentError('The installation is incomplete: media/demo-model is missing');
    folder = parent;
  }
  return folder;
}
