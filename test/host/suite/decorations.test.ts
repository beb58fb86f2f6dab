// The decorations of a sample: on exactly its memorised lines, and gone with the setting off.

import assert from 'node:assert/strict';
import { type CodeLens, commands, type Hover, Position, type TextEditor, window } from 'vscode';
import type { SampleMark } from '../../../protocol/fragments.ts';
import { getSample } from '../../../protocol/requests.ts';
import type { Segment } from '../../../src/decorations/mark-segments.ts';
import { lineRange } from '../../../src/documents/line-range.ts';
import { parseTextUri } from '../../../src/documents/text-ref.ts';
import { writeSetting } from '../../../src/settings.ts';
import { childrenOf, frequentFragments, parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

export const tests = [
  hostTest('paints exactly the memorised lines of a sample', async () => {
    const { editor, marks } = await openSample();
    assert.ok(marks.length > 0);
    assert.deepEqual(linesOf(await paintedIn(editor)), linesOf(marks));
    const isInView = () =>
      marks.some((mark) =>
        editor.visibleRanges.some((range) => range.intersection(lineRange(mark)) !== undefined),
      );
    await eventually('a memorised line in view', () => isInView() || undefined);
  }),
  hostTest('takes every decoration away with the setting off, and brings them back', async () => {
    const { editor, marks } = await openSample();
    await paintedIn(editor);
    await commands.executeCommand('verbatim.toggleDecorations');
    const { memorisedLines } = parts();
    await eventually('no decorations', () => memorisedLines.painted(editor) === undefined || undefined);
    await commands.executeCommand('verbatim.toggleDecorations');
    assert.deepEqual(linesOf(await paintedIn(editor)), linesOf(marks));
  }),
  hostTest('has a setting for each part, which takes that part away alone', async () => {
    const { editor } = await openSample();
    await paintedIn(editor);
    const lensesOf = () =>
      commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', editor.document.uri);
    assert.deepEqual(await lensesOf(), []);
    await writeSetting('decorations.codeLens', true);
    const lenses = await eventually('lenses', async () => {
      const found = await lensesOf();
      return found.length > 0 ? found : undefined;
    });
    assert.match(lenses[0]!.command!.title, /^Memorised: /);
    await writeSetting('decorations.codeLens', false);
    const hoversOf = () =>
      commands.executeCommand<Hover[]>(
        'vscode.executeHoverProvider',
        editor.document.uri,
        lineRange(parts().memorisedLines.painted(editor)![0]!).start,
      );
    for (const name of ['background', 'gutter', 'overviewRuler', 'inlineText', 'hover'] as const) {
      await writeSetting(`decorations.${name}`, false);
      assert.deepEqual(linesOf(await paintedIn(editor)).length > 0, true, name);
      await writeSetting(`decorations.${name}`, true);
    }
    assert.deepEqual(await hoversOf(), [], 'Hovers are decorations, not those of a provider');
  }),
  hostTest('follows the edits of a copy, and lets go of what is changed', async () => {
    const { marks } = await openSample();
    await commands.executeCommand('verbatim.editSample');
    const editor = window.activeTextEditor!;
    assert.equal(editor.document.uri.scheme, 'untitled');
    assert.deepEqual(linesOf(await paintedIn(editor)), linesOf(marks));
    const painted = () => linesOf(parts().memorisedLines.painted(editor) ?? []);

    await editor.edit((edit) => edit.insert(new Position(0, 0), '// one\n// two\n'));
    const moved = marks.map((mark) => ({ firstLine: mark.firstLine + 2, lastLine: mark.lastLine + 2 }));
    await eventually('marks two lines below', () => sameLines(painted(), linesOf(moved)) || undefined);

    const { firstLine } = moved[0]!;
    await editor.edit((edit) => edit.insert(new Position(firstLine - 1, 1), 'x'));
    const kept = moved.filter((mark) => mark.firstLine > firstLine || mark.lastLine < firstLine);
    await eventually('without what changed', () => sameLines(painted(), linesOf(kept)) || undefined);
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }),
  hostTest('marks no fragment but the compared one in a comparison', async () => {
    const [node] = await frequentFragments();
    await commands.executeCommand('verbatim.compareFragment', node);
    const left = await eventually('the sample', () =>
      window.visibleTextEditors.find(({ document }) => document.uri.scheme === 'verbatim-sample'),
    );
    assert.equal(parts().memorisedLines.painted(left), undefined);
  }),
];

async function openSample(): Promise<{ editor: TextEditor; marks: readonly SampleMark[] }> {
  const [node] = await frequentFragments();
  const [group] = await childrenOf(node!, 'sample-group');
  const [first] = await childrenOf(group!, 'sample');
  await commands.executeCommand('verbatim.openSample', first);
  const editor = window.activeTextEditor!;
  const ref = parseTextUri(editor.document.uri)!;
  assert.equal(ref.scheme, 'verbatim-sample');
  const { text, marks } = await parts().server.request(getSample, { study: ref.study, sampleId: ref.id });
  assert.equal(editor.document.getText().replaceAll(/\r\n?/g, '\n'), text.replaceAll(/\r\n?/g, '\n'));
  return { editor, marks };
}

function paintedIn(editor: TextEditor): Promise<readonly Segment[]> {
  return eventually('decorations', () => parts().memorisedLines.painted(editor));
}

const sameLines = (a: readonly number[], b: readonly number[]) => a.join() === b.join();

/** All line numbers that the ranges cover, in order and each once. */
function linesOf(ranges: readonly { readonly firstLine: number; readonly lastLine: number }[]): number[] {
  const lines = new Set<number>();
  for (const { firstLine, lastLine } of ranges) {
    for (let line = firstLine; line <= lastLine; line++) lines.add(line);
  }
  return [...lines].sort((a, b) => a - b);
}
