// Every encoder against hostile text: what comes out acts nowhere, and is still there to be read.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { forAddress } from '../../../guard/text/for-address.ts';
import { forComment } from '../../../guard/text/for-comment.ts';
import { forCsv } from '../../../guard/text/for-csv.ts';
import { forDom } from '../../../guard/text/for-dom.ts';
import { forHover } from '../../../guard/text/for-hover.ts';
import { forHtml, html } from '../../../guard/text/for-html.ts';
import { forJson } from '../../../guard/text/for-json.ts';
import { forLabel, forTooltip } from '../../../guard/text/for-label.ts';
import { forLog } from '../../../guard/text/for-log.ts';
import { escapeMarkdown, forMarkdown, forMarkdownCell } from '../../../guard/text/for-markdown.ts';
import { forNotification } from '../../../guard/text/for-notification.ts';
import { forSarif } from '../../../guard/text/for-sarif.ts';
import { asOperand, forShell } from '../../../guard/text/for-shell.ts';
import { forTerminal, forTerminalPage } from '../../../guard/text/for-terminal.ts';
import { foreign, rawText } from '../../../guard/text/foreign.ts';
import { say } from '../../../guard/text/say.ts';
import { shorten } from '../../../guard/text/shorten.ts';
import { visible } from '../../../guard/text/visible.ts';
import { hostilePieces, hostileText } from '../../support/hostile-text.ts';
import { runs } from '../../support/in-ci.ts';

const always = (check: (text: string) => void) => {
  for (const piece of hostilePieces) check(piece);
  fc.assert(fc.property(hostileText, check), { numRuns: runs(2000) });
};

/** Bytes on which a terminal or an editor acts. */
const controls = /[\p{Cc}\u2028\u2029]/u;
const hides =
  /[\u00ad\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff]|[\u{e0000}-\u{e0fff}]/u;

test('text of others is the string that it was, and is encoded like any other', () => {
  always((text) => {
    assert.equal(rawText(foreign(text)), text);
    assert.equal(forTerminal(foreign(text)), forTerminal(text));
  });
});

test('what hides or moves the cursor is shown as an escape, the rest stays', () => {
  assert.equal(visible('a\u001b[31mb\u009bc\u007f'), 'a\\x1b[31mb\\x9bc\\x7f');
  assert.equal(visible('\r\n\t\u0000'), '\\r\\n\\t\\x00');
  assert.equal(
    visible('\u202eabc\u200b\u2028\ud800x\u{e0041}'),
    '\\u202eabc\\u200b\\u2028\\ud800x\\u{e0041}',
  );
  for (const plain of ['C:\\Users\\ä', 'Überraschung 日本語', '👩‍💻 ❤️ 1️⃣', 'עברית', 'a b']) {
    assert.equal(visible(plain), plain);
  }
  assert.equal(visible('a\ufe0fb\u200dc'), 'a\\ufe0fb\\u200dc', 'not in an emoji');
  assert.equal(visible('a\n\tb\r', '\n\t'), 'a\n\tb\\r');
  always((text) => {
    const shown = visible(text);
    assert(!controls.test(shown) && !hides.test(shown) && shown.isWellFormed(), JSON.stringify(shown));
    assert.equal(visible(shown), shown, 'encoding twice is encoding once');
    assert(text === '' || shown.trim() !== '' || text.trim() === '', 'nothing vanishes');
  });
});

test('a notification holds no link and no icon, and says in full what it was given', () => {
  assert.equal(forNotification('key [Run](command:x)'), 'key [Run] (command:x)');
  // VS Code finds links in messages like this (src/vs/base/common/linkedText.ts).
  const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
  always((text) => {
    const shown = forNotification(text);
    assert(!link.test(shown) && !/\]\(/.test(shown) && !/\$\(/.test(shown), shown);
    assert(!controls.test(shown) && shown.length <= 1000);
    assert.equal(forNotification(shown), shown);
    if (shown.length < 1000) {
      assert.equal(
        shown.replaceAll('] (', '](').replaceAll('$ (', '$('),
        visible(text).replaceAll('] (', '](').replaceAll('$ (', '$('),
      );
    }
  });
});

test('a label holds no icon and one line, a tooltip its lines', () => {
  assert.equal(forLabel('$(alert) a\nb'), '$ (alert) a\\nb');
  assert.equal(forTooltip('$(alert) a\nb'), '$ (alert) a\nb');
  always((text) => {
    assert(!/\$\(/.test(forLabel(text)) && !controls.test(forLabel(text)) && !hides.test(forTooltip(text)));
    assert.equal(forLabel(forLabel(text)), forLabel(text));
    assert.equal(forTooltip(forLabel(text)), forLabel(text));
  });
});

test('a line of a comment ends no comment, in any language', () => {
  assert.equal(forComment('a */ b\nc --> ?> d'), 'a * / b\\nc - - > ? > d');
  always((text) => {
    const line = forComment(text);
    assert(!controls.test(line) && !/\*\/|-->|--|\?>|%>|#>|\]\]|%\}|\}\}|-\}|\*\)/.test(line), line);
  });
});

test('a code span ends where it should, whatever stands beside it', () => {
  assert.equal(forHover('a`b'), '`` a`b ``');
  assert.equal(forHover(''), '');
  assert.notEqual(forHover('\u200b'), '``', 'an empty span would open one');
  for (const encode of [forHover, forMarkdown]) {
    fc.assert(
      fc.property(hostileText, hostileText, (a, b) => {
        assert.deepEqual(codeSpans(`${encode(a)} and ${encode(b)}`), [
          ...(a === '' ? [] : [visible(a)]),
          ' and ',
          ...(b === '' ? [] : [visible(b)]),
        ]);
      }),
      { numRuns: runs(2000) },
    );
  }
  always((text) => {
    assert(!/(?<!\\)\|/.test(forMarkdownCell(text)), 'no end of a cell');
    assert(!/(?<!\\)(?:\\\\)*[`<[|]/.test(escapeMarkdown(text).replaceAll(/\\[\\`*_~<>[\]|#&]/g, '')));
  });
});

/** What CommonMark makes of code spans (section 6.1): pieces of code and what is between. */
function codeSpans(markdown: string): string[] {
  const pieces: string[] = [];
  let rest = markdown;
  while (rest !== '') {
    const open = /`+/.exec(rest);
    if (!open) {
      pieces.push(rest);
      break;
    }
    if (open.index > 0) pieces.push(rest.slice(0, open.index));
    const fence = open[0];
    const inside = rest.slice(open.index + fence.length);
    const close = [...inside.matchAll(/`+/g)].find(([run]) => run === fence);
    assert(close, `a span is left open in ${JSON.stringify(markdown)}`);
    const code = inside.slice(0, close.index);
    pieces.push(/^ .* $/.test(code) && code.trim() !== '' ? code.slice(1, -1) : code);
    rest = inside.slice(close.index + fence.length);
  }
  return pieces;
}

test('HTML holds the text as text, between tags and in attributes', () => {
  assert.equal(
    html`<b title="${'"'}">${'<i>'}${1}${html`<i>x</i>`}${[html`a`, html`b`]}</b>`.markup,
    '<b title="&quot;">&lt;i&gt;1<i>x</i>ab</b>',
  );
  always((text) => {
    const page = html`<!doctype html><html><body><p id="${text}">${foreign(text)}</p><p id="end"></p></body></html>`;
    const { document } = parseHTML(page.markup);
    const elements = [...document.body.querySelectorAll('*')];
    assert.deepEqual(
      elements.map(({ tagName }) => tagName),
      ['P', 'P'],
    );
    assert.equal(elements[0]!.attributes.length, 1);
    assert.equal(elements[0]!.textContent, forDom(text));
    assert(!/[<>"'`]/.test(forHtml(text)));
  });
});

test('nothing but a template makes markup, whatever shape a value out of a file has', () => {
  for (const value of [{ markup: '<i>' }, [{ markup: '<i>' }], ['<i>'], { toString: () => '<i>' }]) {
    assert(!html`<p>${value as unknown as string}</p>`.markup.includes('<i>'));
    assert(!html`<p>${[value] as unknown as string}</p>`.markup.includes('<i>'));
  }
  assert.equal(forCsv(['=1+1'] as unknown as string), '"[""=1+1""]"');
  assert.equal(say`${{ toString: 1 } as unknown as string}`, '{"toString":1}');
});

test('a terminal gets one line and nothing that it acts on', () => {
  assert.equal(forTerminal('\u001b]0;t\u0007\r\n'), '\\x1b]0;t\\x07\\r\\n');
  always((text) => {
    assert(!controls.test(forTerminal(text)));
    assert(!controls.test(forTerminalPage(text).replaceAll(/[\n\t]/g, '')));
    assert(!/\n(?! {4})/.test(forLog(text)), 'no line of a log begins with it');
  });
});

test('JSON is the same value, and holds no control characters of any kind', () => {
  assert.equal(forJson('\u009b\u202e\u2028'), '"\\u009b\\u202e\\u2028"');
  always((text) => {
    const written = forJson({ [text]: [text] });
    assert.deepEqual(JSON.parse(written), { [text]: [text] });
    assert(!controls.test(written));
  });
});

test('SARIF messages hold no link, and addresses are relative, well-formed and lead nowhere else', () => {
  assert.equal(forSarif('[a](b)'), '\\[a\\](b)');
  assert.equal(forAddress('train', 'o/r', '../../etc/a b'), 'train/o/r/_../_../etc/a%20b');
  always((text) => {
    assert(!/(?<!\\)(?:\\\\)*[[\]]/.test(forSarif(text).replaceAll(/\\[\\[\]]/g, '')));
    const uri = forAddress('train', text);
    assert(/^[\w%.~/-]+$/.test(uri), uri);
    assert.equal(new URL(uri, 'file:///study/').href, `file:///study/${uri}`, 'no step leads up');
    assert(uri === 'train' || uri.startsWith('train/'));
  });
});

test('no cell of CSV is a formula, whichever separator a spreadsheet looks for', () => {
  assert.equal(forCsv('=1+1'), "'=1+1");
  assert.equal(forCsv('a;=1+1'), `"a;'=1+1"`);
  assert.equal(forCsv('a;"=1+1"'), `"a;""'=1+1"""`);
  assert.equal(forCsv('a\n=1+1'), `"a\n'=1+1"`);
  assert.equal(forCsv(-1), '-1');
  assert.equal(forCsv(null), '');
  assert.equal(forCsv('a = b'), 'a = b');
  always((text) => {
    const cell = forCsv(foreign(text));
    for (const separator of [',', ';', '\t']) {
      for (const found of cellsOf(`first${separator}${cell}`, separator)) {
        assert(!/^["\s]*[=+\-@]/.test(found), JSON.stringify({ cell, found }));
      }
    }
    const [read] = cellsOf(cell, ',');
    assert.equal(
      read!.replaceAll("'", ''),
      text.replaceAll("'", ''),
      'but for apostrophes it is what it was',
    );
  });
});

/** Reads a line like a spreadsheet: quotes count where a cell begins, and a line ends outside of them. */
function cellsOf(text: string, separator: string): string[] {
  const cells: string[] = [];
  for (let at = 0; at <= text.length; ) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; at < text.length; at++) {
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[++at];
        else break;
      }
      at++;
    }
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r')
      cell += text[at++];
    cells.push(cell);
    at++;
  }
  return cells;
}

test('a word on a command line is that word, and nothing runs', (t) => {
  assert.equal(forShell('a; touch b'), `'a; touch b'`);
  assert.equal(forShell("it's"), `'it'\\''s'`);
  assert.equal(forShell('owner/name@main#sub'), 'owner/name@main#sub');
  for (const word of ['', '=ls', '#x', '~', '!!', '*']) assert.match(forShell(word)!, /^'/);
  for (const word of ['a\nb', 'a\u0003b', 'a\u001b[Ab', 'a\u202eb', 'a\u200bb', 'a\u009bb']) {
    assert.equal(forShell(word), undefined);
  }
  assert.equal(asOperand('--out'), './--out');
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-shell-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const words = [...hostilePieces, ...fc.sample(hostileText, 500)].filter(
    (word) => forShell(word) !== undefined,
  );
  assert(words.length > 100);
  const line = `printf '%s\\n' ${words.map(forShell).join(' ')}`;
  const { stdout, stderr, status } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(
    { status, stderr, words: stdout.split('\n').slice(0, -1) },
    { status: 0, stderr: '', words },
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('a sentence bounds what is put into it, and a cut halves no character', () => {
  assert.equal(say`${'a\nb'} is no ${foreign('study\u001b')}.`, 'a\\nb is no study\\x1b.');
  assert(say`${'x'.repeat(10_000_000)} is long`.length < 1100);
  assert.equal(shorten('abcdef', 4), 'abc…');
  assert.equal(shorten('ab😀def', 4), 'ab…');
  always((text) => assert(shorten(text.toWellFormed(), 7).isWellFormed() && shorten(text, 7).length <= 7));
});
