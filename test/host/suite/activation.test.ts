// Nothing happens by itself: the extension wakes once the window stands, and the server on the first request.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { commands, extensions } from 'vscode';
import { getDemoPlan } from '../../../protocol/requests.ts';
import { extension, parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

/** Files of the extension that this process has loaded. */
function loadedPrograms(): readonly string[] {
  const dist = join(extension().extensionPath, 'dist');
  const files = Object.keys(createRequire(dist).cache);
  return files
    .filter((file) => file.startsWith(dist))
    .map((file) => basename(file))
    .sort();
}

/** Our children that run something of the extension. */
function ownProcesses(): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '')
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    .filter((command) => command.includes(join(extension().extensionPath, 'dist')));
}

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

export const tests = [
  hostTest(
    'wakes by itself, so that an index can be asked, and starts nothing while none is chosen',
    async () => {
      await eventually('an active extension', () => extension().isActive || undefined);
      assert.equal(parts().server.isStarted, false);
      assert.equal(parts().liveStatus.text, undefined);
    },
  ),
  hostTest('answers its first command without starting the server', async () => {
    await commands.executeCommand('verbatim.showMore', {
      kind: 'more',
      parent: { kind: 'study', study: 'none' },
    });
    assert.equal(extension().isActive, true);
    assert.equal(parts().server.isStarted, false);
    assert.deepEqual(loadedPrograms(), ['extension.cjs']);
    assert.deepEqual(ownProcesses(), []);
  }),
  hostTest('loads the client and starts one process with the first question', async () => {
    await parts().server.request(getDemoPlan, {});
    assert.deepEqual(loadedPrograms(), ['extension.cjs', 'start-client.cjs']);
    if (process.platform === 'linux') assert.equal(ownProcesses().length, 1);
  }),
  hostTest('registers exactly the commands of the manifest', async () => {
    const manifest: Manifest = extensions.getExtension('verbatim.verbatim')?.packageJSON;
    const declared = manifest.contributes.commands.map(({ command }) => command);
    const all = await commands.getCommands(true);
    // VS Code makes commands of its own for the view, under the view's id.
    const registered = all.filter((name) => /^verbatim\.[a-zA-Z]+$/.test(name));
    assert.deepEqual([...registered].sort(), [...declared].sort());
  }),
];
