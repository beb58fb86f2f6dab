// The compiler refuses text of others wherever text is shown, and takes what an encoder made of it: one process over
// a file with a line for each.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const head = `
import { l10n, MarkdownString, StatusBarAlignment, TreeItem, window, env } from 'vscode';
import { foreign, type FromOthers } from '../guard/text/foreign.ts';
import { forHover } from '../guard/text/for-hover.ts';
import { forLabel } from '../guard/text/for-label.ts';
import { forNotification } from '../guard/text/for-notification.ts';
import { html } from '../guard/text/for-html.ts';
const text = foreign('x');
const item = window.createStatusBarItem('x', StatusBarAlignment.Left);
const row = new TreeItem('x');
interface Tree { readonly name: string; readonly below: readonly Tree[] }
const tree: Tree = { name: 'x', below: [] };
interface Page { readonly next?: Page; readonly rows?: readonly { readonly name: typeof text | null }[] }
const page: Page = {};
const plan: FromOthers<{ readonly model: string; readonly topK: number }> = { model: text, topK: 1 };
`;

const inTemplate = ['`$', '{text}`'].join('');

const refused: readonly string[] = [
  'void window.showErrorMessage(text);',
  'void window.showInformationMessage(text);',
  'void window.showWarningMessage("x", { modal: true, detail: text });',
  'window.setStatusBarMessage(text, 1);',
  'item.text = text;',
  'item.tooltip = text;',
  'new TreeItem(text);',
  'row.description = text;',
  'row.tooltip = text;',
  'void window.showQuickPick([{ label: text }]);',
  'void window.showQuickPick([{ label: "x", description: text }]);',
  'new MarkdownString(text);',
  'row.tooltip = new MarkdownString().appendMarkdown(text);',
  'l10n.t("{0}", text);',
  'void env.clipboard.writeText(text);',
  'process.stdout.write(text);',
  `console.error(${inTemplate});`,
  'console.error("x" + text);',
  'text.trim();',
  'throw new Error(text);',
  'html`x`.markup.concat(text);',
  'const a: string = text;',
  'process.stdout.write(String(text));',
  'process.stdout.write(text.toString());',
  'process.stdout.write(JSON.stringify(text));',
  `process.stdout.write(String.raw${inTemplate});`,
  'process.stdout.write([text].join(""));',
  'process.stdout.write(["x", text].join(""));',
  'process.stdout.write(String(Math.random() > 1 ? text : "x"));',
  'process.stdout.write(JSON.stringify({ a: 1, b: text }));',
  'process.stdout.write(JSON.stringify([{ a: [text] }], null, 2));',
  'process.stdout.write(JSON.stringify(plan));',
  'process.stdout.write(JSON.stringify({ plan, others: [] }));',
  'process.stdout.write(JSON.stringify(page));',
  'process.stdout.write(String([text]));',
  'const b: string = plan.model;',
  'if (text === "x") row.id = "x";',
];

const taken: readonly string[] = [
  'void window.showErrorMessage(forNotification(text));',
  'row.description = forLabel(plan.model);',
  'new MarkdownString(forHover(text));',
  'l10n.t("{0}", forLabel(text));',
  `void html${inTemplate};`,
  'process.stdout.write(JSON.stringify({ a: [1, "x"], b: null }));',
  'process.stdout.write(JSON.stringify({ a: forLabel(text) }));',
  'process.stdout.write(JSON.stringify(tree));',
  'process.stdout.write(JSON.stringify(JSON.parse("1")));',
];

const webviewHead = `
import { foreign } from '../guard/text/foreign.ts';
import { forDom } from '../guard/text/for-dom.ts';
import { element } from './element.ts';
const text = foreign('x');
`;

/** What the probes import has to be built, which is done before all tests, but not before these alone. */
before(() => {
  const { status, stdout } = tsc('-b', 'src', 'webview');
  assert.equal(status, 0, stdout);
});

test('text of others goes nowhere without an encoder', () => {
  check('src', head, refused, taken);
});

test('nor into the dashboard', () => {
  const into = ['element("p", {}, text);', 'element("p", { title: text });', 'document.title = text;'];
  check('webview', webviewHead, into, ['element("p", { title: forDom(text) }, forDom(text));']);
});

/** Each is a statement; all are compiled at once. */
function check(project: string, head: string, refused: readonly string[], taken: readonly string[]): void {
  const statements = [...refused, ...taken].map((line, i) => `export function f${i}() { ${line} }`);
  const file = `${project}/foreign-probe-${process.pid}.ts`;
  writeFileSync(join(root, file), `${head}${statements.join('\n')}\n`);
  try {
    const options = [
      '-p',
      project,
      '--noEmit',
      '--pretty',
      'false',
      '--tsBuildInfoFile',
      '.tsbuild/probe-foreign',
    ];
    const { stdout } = tsc(...options);
    const faults = [...stdout.matchAll(/foreign-probe-\d+\.ts\((\d+),\d+\): error (TS\d+)/g)].filter(
      ([, , code]) => code !== 'TS6133', // declared and never read
    );
    const lines = new Set(faults.map(([, line]) => Number(line) - head.split('\n').length));
    const judged = statements.map((statement, i) => [statement, lines.has(i) ? 'refused' : 'taken']);
    const expected = statements.map((statement, i) => [statement, i < refused.length ? 'refused' : 'taken']);
    assert.deepEqual(judged, expected, stdout);
  } finally {
    rmSync(join(root, file));
  }
}

function tsc(...options: readonly string[]) {
  return spawnSync(join(root, 'node_modules/.bin/tsc'), options, { cwd: root, encoding: 'utf8' });
}
