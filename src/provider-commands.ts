// The commands about providers: what is here, and fetching what CUDA needs. They run the command line in a
// terminal, where a long download is seen, stopped and gone on with like any other.

import { join } from 'node:path';
import { l10n, window } from 'vscode';
import type { CommandMap } from './command-map.ts';
import { readSetting } from './settings.ts';

type Names = 'verbatim.installCuda' | 'verbatim.checkSystem';

export function providerCommands(extensionPath: string): Pick<CommandMap, Names> {
  const show = (name: string, ...args: readonly string[]) =>
    window
      .createTerminal({
        name,
        shellPath: readSetting('server.runtime') || process.execPath,
        shellArgs: [join(extensionPath, 'dist', 'cli.js'), ...args],
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
