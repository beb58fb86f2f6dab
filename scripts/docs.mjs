// Writes docs/reference/ from the code and the manifest, so that it cannot lie, and before that what of the manifest
// follows from the table of settings. Run it with Node 24 after a change of commands, settings or protocol;
// test/unit/house/docs-reference.test.ts fails until then.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliReference } from './docs-cli.mjs';
import { planReference } from './docs-plan.mjs';
import { protocolReference } from './docs-protocol.mjs';
import { settingsReference } from './docs-settings.mjs';
import { writePlanSettings } from './plan-settings.mjs';
import { root } from './setup.mjs';

const pages = {
  'cli.md': cliReference,
  'plan.md': planReference,
  'settings.md': settingsReference,
  'protocol.md': protocolReference,
};

/**
 * Every page's name and text.
 * @returns {[name: string, text: string][]}
 */
export function referencePages() {
  return Object.entries(pages).map(([name, write]) => [name, `${write().join('\n').trimEnd()}\n`]);
}

if (import.meta.filename === process.argv[1]) {
  writePlanSettings();
  const folder = join(root, 'docs', 'reference');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of referencePages()) writeFileSync(join(folder, name), text);
}
