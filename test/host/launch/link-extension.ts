// Installs an extension into a folder of extensions, its data as links to where it is developed. Unlike one under development
// it is treated as a user's: started again after a death, and disabled where it says so.

import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../../server/version.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export function linkExtension(extensionsDir: string): void {
  const installed = join(extensionsDir, `verbatim.verbatim-${version}`);
  mkdirSync(installed, { recursive: true });
  for (const name of ['package.json', 'package.nls.json'])
    copyFileSync(join(ROOT, name), join(installed, name));
  for (const name of ['media', 'l10n', 'node_modules']) symlinkSync(join(ROOT, name), join(installed, name));
  // VS Code knows whose code calls it by the place of the file, and follows links.
  mkdirSync(join(installed, 'dist'));
  for (const entry of readdirSync(join(ROOT, 'dist'), { withFileTypes: true })) {
    const [from, to] = [join(ROOT, 'dist', entry.name), join(installed, 'dist', entry.name)];
    if (entry.isFile()) copyFileSync(from, to);
    else symlinkSync(from, to);
  }
}
