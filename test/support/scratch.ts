// A folder of its own for each test, gone afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
