// Installs a .vsix into a folder of extensions, by the same command that a user of code-server has.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CODE_SERVER } from './code-server.ts';

export async function installExtension(vsix: string, extensionsDir: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'vsh-'));
  try {
    writeFileSync(join(root, 'config.yaml'), 'auth: none\n');
    const folders = ['--user-data-dir', join(root, 'u'), '--extensions-dir', extensionsDir];
    const args = ['--config', join(root, 'config.yaml'), ...folders, '--install-extension', vsix];
    const env = { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
    await promisify(execFile)(process.execPath, [CODE_SERVER, ...args], { env });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
