// What leaves the editor: files that hold what the view showed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, Uri, window, workspace } from 'vscode';
import { childrenOf, frequentFragments, studyNode } from './extension-parts.ts';
import { hostTest } from './host-test.ts';

export const tests = [
  hostTest('saves a report, training rows of what is selected, and an attribution list', async () => {
    const folder = workspace.workspaceFolders![0]!.uri;
    const file = (name: string) => Uri.joinPath(folder, name);
    const read = (name: string) => readFileSync(join(folder.fsPath, name), 'utf8');
    const study = await studyNode('demo');
    await commands.executeCommand('verbatim.saveReport', study, file('report.md'));
    assert.match(read('report.md'), /^# What `.*` has memorised\n/);
    const [first, second] = await frequentFragments();
    const rows = async (...selected: readonly unknown[]) => {
      await commands.executeCommand('verbatim.saveTrainingRows', first, selected, file('rows.jsonl'));
      return read('rows.jsonl').trim().split('\n').length;
    };
    const one = await rows();
    assert.equal(one, first!.fragment.nDocuments);
    const both = await rows(first, second);
    assert.ok(both >= one && both <= one + second!.fragment.nDocuments);
    const [group] = await childrenOf(first!, 'sample-group');
    const [sample] = await childrenOf(group!, 'sample');
    await commands.executeCommand('verbatim.openSample', sample);
    await commands.executeCommand('verbatim.saveAttribution', file('list.csv'));
    const [head, ...pieces] = read('list.csv').trim().split('\n');
    assert.match(head!, /^lines,licence \(SPDX\),/);
    assert.ok(pieces.length > 0 && pieces.every((line) => /^\d+-\d+,/.test(line)), pieces[0]);
    // A text that nobody has searched yet is searched first.
    const content = window.activeTextEditor!.document.getText();
    await window.showTextDocument(await workspace.openTextDocument({ content }));
    await commands.executeCommand('verbatim.saveAttribution', file('pasted.csv'));
    assert.ok(read('pasted.csv').trim().split('\n').length > pieces.length / 2);
    await commands.executeCommand('workbench.action.closeAllEditors');
  }),
];
