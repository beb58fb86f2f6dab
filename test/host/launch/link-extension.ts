// Installs an extension into a folder of extensions as links to where it is developed. Unlike one under development
// it is treated as a user's: started again after a death, and disabled where it says so.

import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../../server/version.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export function linkExtension(extensionsDir: string): void {
  const installed = join(extensionsDir, `verbatim.verbatim-${version}`);
  mkdirSync(installed, { recursive: true });
  for (const name of ['package.json', 'package.nls.json'])
    copyFileSync(join(ROOT, name), join(installed, name));
  for (const name of ['dist', 'media', 'l10n']) symlinkSync(join(ROOT, name), join(installed, name));
}
