// Live answers: what is typed, pasted and applied in the real editor, looked up in the index of a corpus that was built
// here; what can be done about it; and what is told where the corpus is gone.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CancellationTokenSource,
  type CodeAction,
  commands,
  env,
  LanguageModelTextPart,
  languages,
  lm,
  Position,
  Range,
  Selection,
  TabInputTextDiff,
  type TextDocument,
  type TextEditor,
  Uri,
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';
import { rawText } from '../../../guard/text/foreign.ts';
import { markHover } from '../../../src/decorations/mark-hover.ts';
import type { IndexMark } from '../../../src/decorations/text-marks.ts';
import { serversOf } from '../../../src/live/agents.ts';
import { readSetting, writeSetting } from '../../../src/settings.ts';
import { parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'verbatim-live-'));
const corpus = join(folder, 'corpus');
const known = Array.from({ length: 12 }, (_, i) => `  const known${i} = ${i} * 91;`);
const own = Array.from({ length: 2000 }, (_, i) => `  own(${i * 7919});`);
/** A name that would end a comment, and act in a hover. */
const REPOSITORY = 'evil/*/r [x](command:workbench.action.quit)';

const indexMarks = (document: TextDocument): readonly IndexMark[] =>
  (parts().marks.tracked(document) ?? []).filter((mark): mark is IndexMark => mark.from === 'index');

const comes = (document: TextDocument, what: string) =>
  eventually(what, () => {
    const marks = indexMarks(document);
    return marks.length > 0 ? marks : undefined;
  });

async function open(content: string): Promise<TextEditor> {
  const document = await workspace.openTextDocument({ content, language: 'javascript' });
  return window.showTextDocument(document, { preview: false });
}

/** `n` lines of the user's, and behind the first `at` of them the lines that the corpus holds, in one edit. */
async function applied(n: number, at: number): Promise<TextDocument> {
  const { document } = await open(own.slice(0, n).join('\n'));
  const edit = new WorkspaceEdit();
  edit.insert(document.uri, new Position(at, 0), `${known.join('\n')}\n`);
  assert.ok(await workspace.applyEdit(edit));
  return document;
}

export const tests = [
  hostTest('builds an index, and looks nothing up before that', async () => {
    mkdirSync(corpus);
    const row = (path: string, license: string, text: string) =>
      JSON.stringify({ content: text, repo_name: REPOSITORY, path, license });
    const rows = [
      row('a.js', 'GPL-3.0-only', `first();\n${known.join('\n')}\nlast();\n`),
      row('b.js', 'MIT', own.slice(50, 56).join('\n')),
    ];
    writeFileSync(join(corpus, '0.jsonl'), `${rows.join('\n')}\n`);
    const document = await applied(20, 5);
    await commands.executeCommand('verbatim.chooseIndex', { kind: 'build', corpus: [corpus] });
    await eventually('an index', () => parts().live.summary);
    assert.equal(parts().live.summary?.nDocuments, 2);
    assert.deepEqual(indexMarks(document), []);
    assert.equal(parts().liveStatus.text, '$(database)');
  }),
  hostTest('marks what is pasted, and says where it stands and under which licence', async () => {
    const editor = await open(`${own.slice(0, 10).join('\n')}\n`);
    await env.clipboard.writeText(known.join('\n'));
    const end = new Position(10, 0);
    editor.selection = new Selection(end, end);
    await commands.executeCommand('editor.action.clipboardPasteAction');
    const [mark] = await comes(editor.document, 'a mark of what was pasted');
    assert.deepEqual([mark!.firstLine, mark!.lastLine, mark!.train], [11, 22, 1]);
    await eventually('paint', () => parts().memorisedLines.painted(editor)?.length || undefined);
    assert.equal(parts().liveStatus.text, '$(database) 1 memorised');
    const [said, links] = markHover(editor.document.uri, {
      ...{ firstLine: 11, lastLine: 22, level: 'once' },
      marks: [mark!],
    });
    assert.match(said!.value, /Found in the index.*once in the indexed corpus.*lines 11–22/);
    assert.match(
      said!.value,
      /`evil\/\*\/r \[x\]\(command:workbench.action.quit\)` `a.js` \(`GPL-3.0-only`\)/,
    );
    assert.equal(said!.isTrusted, false);
    assert.ok(!links!.value.includes('quit'));
  }),
  hostTest('marks what an edit of the workspace brings, and follows what is typed then', async () => {
    const document = await applied(40, 7);
    const [mark] = await comes(document, 'a mark of what was applied');
    assert.equal(mark!.firstLine, 8);
    const edit = new WorkspaceEdit();
    edit.insert(document.uri, new Position(0, 0), '// one line more\n');
    await workspace.applyEdit(edit);
    assert.equal(indexMarks(document)[0]!.firstLine, 9);
  }),
  hostTest('looks up what was typed when it is saved, and no sooner', async () => {
    const file = join(workspace.workspaceFolders![0]!.uri.fsPath, 'typed.txt');
    writeFileSync(file, `${known.slice(0, 5).join('\n')}\n`);
    const editor = await window.showTextDocument(Uri.file(file));
    const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
    editor.selection = new Selection(end, end);
    await commands.executeCommand('type', { text: known[5] });
    assert.equal(parts().live.answerFor(editor.document), undefined);
    await editor.document.save();
    const [mark] = await comes(editor.document, 'a mark of what was typed');
    assert.deepEqual([mark!.firstLine, mark!.lastLine], [1, 6]);
    await commands.executeCommand('workbench.action.closeActiveEditor');
  }),
  hostTest('puts a notice above it that no name can end', async () => {
    const document = await applied(3, 0);
    await comes(document, 'a mark');
    const actions = await commands.executeCommand<readonly CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      new Range(2, 0, 2, 0),
    );
    const titles = actions.map(({ title }) => title);
    for (const title of ['Insert a notice with source and licence', 'Open the source in a diff'])
      assert.ok(titles.includes(title), titles.join());
    const { command } = actions.find(({ title }) => title.startsWith('Insert a notice'))!;
    await commands.executeCommand(command!.command, ...command!.arguments!);
    assert.equal(
      document.lineAt(0).text,
      '  // Also in evil/* /r [x](command:workbench.action.quit) a.js, lines 2-13 (licence: GPL-3.0-only).',
    );
    assert.equal(document.lineAt(1).text, known[0]);
    assert.equal(indexMarks(document)[0]?.firstLine, 2);
  }),
  hostTest('opens the source beside it in a diff', async () => {
    const document = await applied(3, 1);
    const [mark] = await comes(document, 'a mark');
    const { uri } = document;
    const place = { uri: uri.toString(), firstLine: mark!.firstLine };
    await commands.executeCommand('verbatim.openSource', place);
    const input = window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof TabInputTextDiff);
    assert.equal(input.modified.toString(), uri.toString());
    const source = await workspace.openTextDocument(input.original);
    assert.equal(source.getText(), `first();\n${known.join('\n')}\nlast();\n`);
    await commands.executeCommand('workbench.action.closeActiveEditor');
  }),
  hostTest('lists it among the problems where the user wants that', async () => {
    const document = await applied(3, 1);
    await comes(document, 'a mark');
    assert.deepEqual(languages.getDiagnostics(document.uri), []);
    await writeSetting('live.problems', true);
    const [problem] = await eventually('a problem', () => {
      const problems = languages.getDiagnostics(document.uri).filter(({ source }) => source === 'verbatim');
      return problems.length > 0 ? problems : undefined;
    });
    assert.match(problem!.message, /once in the indexed corpus · evil.* a\.js \(GPL-3\.0-only\)$/);
    await writeSetting('live.problems', false);
    await eventually('no problem', () => languages.getDiagnostics(document.uri).length === 0 || undefined);
  }),
  hostTest('answers an agent in the editor, and one outside of it through the same server', async () => {
    assert.ok(lm.tools.some(({ name }) => name === 'verbatim_check_code'));
    const code = known.join('\n');
    const token = new CancellationTokenSource().token;
    const result = await lm.invokeTool(
      'verbatim_check_code',
      { input: { code }, toolInvocationToken: undefined },
      token,
    );
    const [part] = result.content;
    assert.ok(part instanceof LanguageModelTextPart);
    assert.equal(JSON.parse(part.value).matches[0].licenses[0].license, 'GPL-3.0-only');
    const [server] = serversOf(parts().agents);
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: server!.command,
        args: server!.args,
        env: server!.env as Record<string, string>,
      }),
    );
    try {
      const { content } = await client.callTool({ name: 'check_code', arguments: { code } });
      assert.deepEqual(JSON.parse((content as [{ text: string }])[0].text), JSON.parse(part.value));
    } finally {
      await client.close();
    }
  }),
  hostTest('leaves out what the baseline accepts', async () => {
    const document = await applied(3, 1);
    const [mark] = await comes(document, 'a mark');
    const place = { uri: document.uri.toString(), firstLine: mark!.firstLine };
    await commands.executeCommand('verbatim.acceptMatch', place, 'ours');
    const baseline = join(workspace.workspaceFolders![0]!.uri.fsPath, '.verbatim-baseline.json');
    assert.equal(JSON.parse(readFileSync(baseline, 'utf8')).accepted[mark!.fingerprint], 'ours');
    assert.deepEqual(indexMarks(document), []);
    assert.equal(parts().live.answerFor(document)?.nAccepted, 1);
    rmSync(baseline);
  }),
  hostTest('tells what it does not know for certain once the corpus is gone', async () => {
    const moved = join(folder, 'moved');
    renameSync(corpus, moved);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // It is looked at once a second.
    const document = await applied(3, 1);
    const [mark] = await comes(document, 'a mark');
    assert.equal(mark!.match.isVerified, false);
    assert.match(rawText(parts().live.answerFor(document)!.notes[0]!), /0\.jsonl is gone/);
    await writeSetting('live.root', moved);
    await eventually('the index again', () => parts().live.summary);
    await commands.executeCommand('verbatim.lookUp');
    assert.equal(indexMarks(document)[0]?.match.isVerified, true);
    // Chosen again, it is the index of the corpus that was moved.
    await commands.executeCommand('verbatim.chooseIndex', { kind: 'use', index: readSetting('live.index') });
    assert.equal(readSetting('live.root'), moved);
    await writeSetting('live.root', '');
    renameSync(moved, corpus);
  }),
  hostTest('goes with the index, and tells of one that is none', async () => {
    const index = readSetting('live.index');
    const document = await applied(3, 1);
    await comes(document, 'a mark');
    const told: string[] = [];
    const listener = parts().errors.onDidReport(({ message }) => told.push(message));
    await commands.executeCommand('verbatim.chooseIndex', { kind: 'use', index: folder });
    assert.match(told[0]!, /holds no index/);
    assert.notEqual(readSetting('live.index'), folder);
    await writeSetting('live.index', 'relative/path');
    await eventually('a failure', () => parts().live.failure);
    assert.match(parts().live.failure!, /no absolute path/);
    assert.deepEqual(indexMarks(document), []);
    await writeSetting('live.root', folder);
    await commands.executeCommand('verbatim.chooseIndex', { kind: 'use', index });
    assert.equal(readSetting('live.root'), '', 'the other corpus was moved');
    await commands.executeCommand('verbatim.chooseIndex', { kind: 'off' });
    await eventually('nothing', () => parts().liveStatus.text === undefined || undefined);
    listener.dispose();
    await commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true });
  }),
];
