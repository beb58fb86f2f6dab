// Memorised code in any editor: found when asked, decorated as in a sample, compared with the training data from
// there, followed while the text is edited, and gone with the settings off.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, Position, type TextEditor, Uri, window, workspace } from 'vscode';
import { getDemoPlan, getSample, runStudy } from '../../../protocol/requests.ts';
import type { StudyMark } from '../../../src/decorations/text-marks.ts';
import { parseTextUri, sampleUri } from '../../../src/documents/text-ref.ts';
import type { Failure } from '../../../src/failure.ts';
import { readExecution, writeSetting } from '../../../src/settings.ts';
import { childrenOf, comparisonInFront, frequentFragments, parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

export const tests = [
  hostTest('finds in a pasted text what its sample has, as often and as long', async () => {
    const { text, marks } = await sample();
    const editor = await openText(`// pasted\n\n${text}`);
    assert.equal(parts().memorisedLines.painted(editor), undefined, 'Nothing by itself');
    await commands.executeCommand('verbatim.findMemorised');
    const shown = await marksIn(editor);
    const expected = marks.map((m) => `${m.firstLine + 2}-${m.lastLine + 2} ${m.fingerprint} ${m.train}`);
    assert.deepEqual(
      shown.map((m) => `${m.firstLine}-${m.lastLine} ${m.fingerprint} ${m.train}`).sort(),
      expected.sort(),
    );
    await eventually('decorations', () => parts().memorisedLines.painted(editor)?.length || undefined);
  }),
  hostTest('compares the open text itself, and steps through the training data', async () => {
    const { text, marks } = await sample();
    const editor = await openText(text);
    await commands.executeCommand('verbatim.findMemorised');
    const mark = (await marksIn(editor)).find(({ train }) => train > 1);
    assert.ok(mark, `No fragment occurs twice: ${marks.length}`);
    const { uri } = editor.document;
    const { study, fingerprint, firstLine, lastLine } = mark;
    const place = { uri: uri.toString(), firstLine, lastLine };
    await commands.executeCommand('verbatim.compareFragment', { study, fingerprint, text: place });
    const first = comparisonInFront();
    assert.equal(first.left.toString(), uri.toString());
    assert.equal(parseTextUri(first.right)?.highlight?.fingerprint, fingerprint);
    await commands.executeCommand('verbatim.nextOccurrence');
    const second = comparisonInFront();
    assert.equal(second.left.toString(), uri.toString());
    assert.notEqual(second.right.toString(), first.right.toString());
    await commands.executeCommand('verbatim.previousOccurrence');
    assert.equal(comparisonInFront().right.toString(), first.right.toString());
    await commands.executeCommand('workbench.action.closeActiveEditor');
  }),
  hostTest('marks a part of a fragment in a file, and follows the edits', async () => {
    const [node] = (await frequentFragments()).filter(({ fragment }) => fragment.nLines > 8);
    const { study, fragment } = node!;
    const [group] = await childrenOf(node!, 'sample-group');
    const [first] = await childrenOf(group!, 'sample');
    const { sampleId, firstLine, lastLine } = first!.occurrence;
    const { text } = await parts().server.request(getSample, { study, sampleId });
    const lines = text.split(/\r\n|\n|\r/).slice(firstLine, lastLine); // Without the first line.
    const file = join(workspace.workspaceFolders![0]!.uri.fsPath, 'pasted.ts');
    writeFileSync(file, lines.join('\n'));
    const editor = await window.showTextDocument(Uri.file(file));
    await commands.executeCommand('verbatim.findMemorised');
    const found = await marksIn(editor);
    assert.ok(found.length > 0, `nothing of ${fragment.fingerprint}`);
    assert.ok(found.every(({ lastLine: last }) => last <= lines.length));

    await editor.edit((edit) => edit.insert(new Position(0, 0), '// one\n'));
    const moved = await marksIn(editor);
    assert.deepEqual(
      moved.map((m) => m.firstLine),
      found.map((m) => m.firstLine + 1),
    );
    await editor.edit((edit) => edit.insert(new Position(moved[0]!.firstLine, 0), 'x'));
    assert.ok((await marksIn(editor)).length < moved.length);
    await commands.executeCommand('undo');
    await commands.executeCommand('verbatim.findMemorised');
    assert.equal((await marksIn(editor)).length, found.length, 'Asked again, it finds them again');
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }),
  hostTest('says so where nothing is found, and leaves no paint', async () => {
    const editor = await openText('const nobody = "wrote this";\n'.repeat(3));
    await commands.executeCommand('verbatim.findMemorised');
    assert.deepEqual(await marksIn(editor), []);
    assert.deepEqual(parts().memorisedLines.painted(editor) ?? [], []);
  }),
  hostTest('goes with the decorations’ switch, in any editor', async () => {
    const { text } = await sample();
    const editor = await openText(text);
    await commands.executeCommand('verbatim.findMemorised');
    const { memorisedLines } = parts();
    await eventually('decorations', () => memorisedLines.painted(editor)?.length || undefined);
    await writeSetting('decorations.enabled', false);
    await eventually('no decorations', () => memorisedLines.painted(editor) === undefined || undefined);
    await writeSetting('decorations.enabled', true);
    await eventually('decorations again', () => memorisedLines.painted(editor)?.length || undefined);
  }),
  hostTest('masks what is sensitive in open texts, and shows it as soon as the user says so', async () => {
    const study = join(workspace.workspaceFolders![0]!.uri.fsPath, '.verbatim', 'leaks.sqlite');
    const samples = join(study, '..', '..', 'leaks.jsonl');
    const address = ['jane.doe', 'mail.some-company.com'].join('@');
    const lines = Array.from({ length: 8 }, (_, n) => `const line${n} = ask("${address}", ${n});`);
    const corpus = join(study, '..', '..', 'leaks');
    mkdirSync(corpus);
    writeFileSync(join(corpus, 'leak.js'), lines.join('\n'));
    writeFileSync(samples, JSON.stringify(lines.join('\n')));
    const { server } = parts();
    const demo = await server.request(getDemoPlan, {});
    const source = { kind: 'samples', samples, model: null } as const;
    const plan = { ...demo, source, corpus: [corpus] };
    await server.request(runStudy, { study, plan, execution: readExecution() });
    const editor = await window.showTextDocument(sampleUri(study, 0, null));
    assert.ok(!editor.document.getText().includes('jane.doe'), editor.document.getText());
    assert.ok(editor.document.getText().includes('const line7'));
    await writeSetting('sensitive.show', true);
    await eventually('the text as it is', () => editor.document.getText().includes(address) || undefined);
    await writeSetting('sensitive.show', false);
    await eventually('masked again', () => !editor.document.getText().includes('jane.doe') || undefined);
    await commands.executeCommand('workbench.action.closeActiveEditor');
    rmSync(study);
  }),
  hostTest('asks for a text where none is open', async () => {
    await commands.executeCommand('workbench.action.closeAllEditors');
    const failures: Failure[] = [];
    const listener = parts().errors.onDidReport((failure) => failures.push(failure));
    await commands.executeCommand('verbatim.findMemorised');
    listener.dispose();
    assert.deepEqual(
      failures.map(({ code }) => code),
      ['user'],
    );
  }),
];

async function sample() {
  const [node] = await frequentFragments();
  const [group] = await childrenOf(node!, 'sample-group');
  const [first] = await childrenOf(group!, 'sample');
  const { study, occurrence } = first!;
  return parts().server.request(getSample, { study, sampleId: occurrence.sampleId });
}

async function openText(content: string): Promise<TextEditor> {
  const document = await workspace.openTextDocument({ content, language: 'typescript' });
  return window.showTextDocument(document, { preview: false });
}

async function marksIn(editor: TextEditor): Promise<readonly StudyMark[]> {
  const marks = (await parts().marks.of(editor.document)) ?? assert.fail('No marks are known');
  return marks.map((mark) => (mark.from === 'study' ? mark : assert.fail('No index is chosen')));
}
