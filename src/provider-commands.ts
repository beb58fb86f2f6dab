// The commands about providers: what is here, and fetching what CUDA needs. They run the command line in a
// terminal, where a long download is seen, stopped and gone on with like any other.

import { join } from 'node:path';
import { l10n, window } from 'vscode';
import type { CommandMap } from './command-map.ts';
import { readSetting } from './settings.ts';

type Names = 'verbatim.installCuda' | 'verbatim.checkSystem';

/**
 * A terminal closes with its program, and nobody would see what it said: this runs the program in its arguments and then
 * waits for a key. Ctrl-C is the program's own to hear.
 */
const STAYS_OPEN = `
  const [words, ...args] = process.argv.slice(1);
  process.on('SIGINT', () => {});
  require('node:child_process').spawn(process.execPath, args, { stdio: 'inherit' }).on('exit', () => {
    process.stdout.write('\\n' + words + '\\n');
    process.stdin.setRawMode?.(true);
    process.stdin.once('data', () => process.exit());
  });
`;

export function providerCommands(extensionPath: string): Pick<CommandMap, Names> {
  const cli = join(extensionPath, 'dist', 'cli.js');
  const show = (name: string, ...args: readonly string[]) =>
    window
      .createTerminal({
        name,
        shellPath: readSetting('server.runtime') || process.execPath,
        shellArgs: ['-e', STAYS_OPEN, l10n.t('Press any key to close this terminal.'), cli, ...args],
        // A terminal would begin in the workspace, which may not be trusted.
        cwd: extensionPath,
        // The editor's own program is a Node only when told so.
        env: { ELECTRON_RUN_AS_NODE: '1' },
      })
      .show();
  return {
    'verbatim.installCuda': () => show(l10n.t('Install CUDA for Verbatim'), 'providers', 'install', 'cuda'),
    'verbatim.checkSystem': () => show(l10n.t('Check System for Verbatim'), 'doctor'),
  };
}
