// `npm run bench -- index`: how long it takes in the real editor from an edit of a file of 2,000 lines to the marks in it,
// with the index that the bench built.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { commands, Position, WorkspaceEdit, window, workspace } from 'vscode';
import { parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

/** Folder of an index, and a file with one text of its corpus a line, as JSON. */
const { VERBATIM_BENCH_INDEX: index, VERBATIM_BENCH_TEXTS: texts = '' } = process.env;
const N_LINES = 2000;

export const benches =
  index === undefined
    ? []
    : [
        hostTest('marks what an edit brings', async () => {
          await commands.executeCommand('verbatim.chooseIndex', { kind: 'use', index });
          await eventually('the index', () => parts().live.summary);
          const known: string[] = readFileSync(texts, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
          const fromEdit: number[] = [];
          const fromChange: number[] = [];
          const editAlone: number[] = [];
          for (const text of known) {
            const own = Array.from({ length: N_LINES }, (_, i) => `own(${i * 7919});`).join('\n');
            const document = await workspace.openTextDocument({ content: own, language: 'javascript' });
            const editor = await window.showTextDocument(document);
            const { promise, resolve } = Promise.withResolvers<void>();
            let [changed, marked] = [0, 0];
            const listeners = [
              workspace.onDidChangeTextDocument((event) => {
                if (event.document === document && changed === 0) changed = performance.now();
              }),
              parts().marks.onDidChange((of) => {
                if (of !== document || parts().marks.tracked(document)!.length === 0) return;
                marked = performance.now();
                resolve();
              }),
            ];
            const edit = new WorkspaceEdit();
            edit.insert(document.uri, new Position(N_LINES / 2, 0), `${text}\n`);
            const begun = performance.now();
            await workspace.applyEdit(edit);
            editAlone.push(performance.now() - begun);
            await promise;
            fromEdit.push(marked - begun);
            fromChange.push(marked - changed);
            for (const listener of listeners) listener.dispose();
            assert.ok(parts().memorisedLines.painted(editor)!.length > 0);
            await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
          }
          const figure = {
            name: 'edit to mark',
            ...{ nLines: N_LINES, nEdits: known.length },
            fromEdit: spread(fromEdit),
            fromChange: spread(fromChange),
            editAlone: spread(editAlone),
          };
          appendFileSync(process.env.VERBATIM_BENCH_FIGURES!, `${JSON.stringify(figure)}\n`);
        }),
      ];

function spread(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b).map((ms) => Math.round(ms * 10) / 10);
  return { medianMs: sorted[Math.floor(sorted.length / 2)], leastMs: sorted[0], mostMs: sorted.at(-1) };
}
