// Nothing happens by itself: the extension wakes on its first command, and the server on the first request.

import assert from 'node:assert/strict';
import { commands, extensions } from 'vscode';
import { extension, parts } from './extension-parts.ts';
import { hostTest } from './host-test.ts';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

export const tests = [
  hostTest('is not active before it is needed', async () => {
    assert.equal(extension().isActive, false);
  }),
  hostTest('wakes on its first command without starting the server', async () => {
    await commands.executeCommand('verbatim.showMore', {
      kind: 'more',
      parent: { kind: 'study', study: 'none' },
    });
    assert.equal(extension().isActive, true);
    assert.equal(parts().server.isStarted, false);
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
