// Words and names that need VS Code's types but no study: progress, URIs, hovers of hostile provenance.

import assert from 'node:assert/strict';
import { window } from 'vscode';
import { foreign } from '../../../guard/text/foreign.ts';
import type { Provenance } from '../../../protocol/fragments.ts';
import type { Progress } from '../../../protocol/study.ts';
import { markHover } from '../../../src/decorations/mark-hover.ts';
import type { TextMark } from '../../../src/decorations/text-marks.ts';
import { parseTextUri, sampleUri, trainUri } from '../../../src/documents/text-ref.ts';
import { failureOf } from '../../../src/failure.ts';
import { progressText } from '../../../src/studies/progress-text.ts';
import { parts } from './extension-parts.ts';
import { hostTest } from './host-test.ts';

const SAMPLING: Progress = {
  stage: 'sample',
  done: 300,
  total: 500,
  unit: 'samples',
  resumedFrom: 100,
  elapsedMs: 20_000,
};

const HOSTILE: Provenance = {
  shard: foreign('/corpus/a.json.gz'),
  row: 3,
  repository: foreign('<img src=x onerror=alert(1)>'),
  path: foreign('../../[click](command:workbench.action.quit) ``$(x)`\u202e/a.ts'),
  license: foreign('**MIT**'),
};

const MARK: TextMark = {
  from: 'study',
  study: '/s.sqlite',
  sampleId: 1,
  extent: 'whole',
  fingerprint: 'f'.repeat(32),
  firstLine: 1,
  lastLine: 8,
  train: 12,
  nRepositories: 3,
  source: HOSTILE,
  licenses: [HOSTILE.license, foreign('')],
};

/** Code spans of CommonMark: the closing run of backticks is as long as the opening one. */
const CODE_SPAN = /(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)/g;

export const tests = [
  hostTest('counts only this run towards the rate and the time left', async () => {
    assert.equal(progressText(SAMPLING), '60 % · Sampling: 300 of 500 samples · 10/s · 20 s left');
    const done = { ...SAMPLING, done: 500 };
    assert.equal(progressText(done), '100 % · Sampling: 500 of 500 samples');
    const bytes: Progress = {
      ...SAMPLING,
      stage: 'scan',
      unit: 'bytes',
      done: 4e6,
      total: 8e6,
      resumedFrom: 0,
    };
    assert.equal(progressText(bytes), '50 % · Scanning: 4.0 MB of 8.0 MB · 200 kB/s · 20 s left');
  }),
  hostTest('names texts by ids and lines, and reads its own names back', async () => {
    const highlight = { fingerprint: 'f'.repeat(32), firstLine: 3, lastLine: 9 };
    const study = '/a b/ü&x=1?#.sqlite';
    const uri = trainUri(study, 7, HOSTILE, highlight);
    assert.deepEqual(parseTextUri(uri), { scheme: 'verbatim-train', study, id: 7, highlight });
    assert.ok(uri.path.endsWith('/a.ts'));
    assert.ok(!uri.path.includes('..') && !uri.path.includes('\u202e'), uri.path);
    const sample = sampleUri(study, 12, HOSTILE);
    assert.equal(sample.path, '/sample 12.ts');
    assert.deepEqual(parseTextUri(sample), { scheme: 'verbatim-sample', study, id: 12, highlight: null });
    assert.equal(sampleUri(study, 12, null).path, '/sample 12');
  }),
  hostTest('shows provenance as text, never as markup', async () => {
    const segment = { firstLine: 1, lastLine: 8, level: 'tens', marks: [MARK] } as const;
    const [said, links] = markHover(sampleUri('/s.sqlite', 1, null), segment);
    assert.ok(said && links);
    // What holds text of others is not trusted, and what is trusted holds none.
    assert.equal(said.isTrusted, false);
    assert.ok(!said.supportHtml && !links.supportHtml);
    assert.deepEqual(links.isTrusted, {
      enabledCommands: [
        'verbatim.compareFragment',
        'verbatim.compareAllOccurrences',
        'verbatim.showTrainingRows',
      ],
    });
    const spans = [...said.value.matchAll(CODE_SPAN)].map((match) => match[0]);
    assert.equal(spans.length, 4);
    for (const text of [
      '<img src=x onerror=alert(1)>',
      '[click](command:workbench.action.quit)',
      '**MIT**',
    ]) {
      assert.ok(
        spans.some((span) => span.includes(text)),
        said.value,
      );
    }
    const rest = said.value.replaceAll(CODE_SPAN, '');
    assert.ok(!/[<[`]|:\/\//.test(rest) && !said.value.includes('\u202e'), said.value);
    const addresses = [...links.value.matchAll(/\]\(([^)]*)\)/g)].map((match) => match[1]!);
    assert.equal(addresses.length, 3, links.value);
    for (const address of addresses) assert.match(address, /^command:verbatim\.\w+\?[\w%.~-]+$/);
  }),
  hostTest('keeps code spans of names apart that hold nothing to be seen, or backquotes', async () => {
    for (const repository of ['\u200b', '\u2060`', '\u2028', '`', '\ufeff``', '']) {
      const path = foreign('x``![x](https://evil.example/x.png) `<b>');
      const source = { ...HOSTILE, repository: foreign(repository), path };
      const marks = [{ ...MARK, source, licenses: ['\u200b', '``'].map(foreign) }];
      const [said] = markHover(sampleUri('/s.sqlite', 1, null), {
        firstLine: 1,
        lastLine: 8,
        level: 'tens',
        marks,
      });
      const rest = said!.value.replaceAll(CODE_SPAN, '');
      assert.ok(!/[<[`!]|:\/\//.test(rest), said!.value);
    }
  }),
  hostTest('gives the window no link and no control character, whatever failed', async () => {
    const shown: unknown[] = [];
    const spied = window as { showErrorMessage: unknown };
    const { showErrorMessage } = spied;
    spied.showErrorMessage = (...given: readonly unknown[]) => {
      shown.push(given[0]);
      return Promise.resolve(undefined);
    };
    try {
      for (const code of ['user', 'environment', 'bug'] as const) {
        const message = '[Run](command:workbench.action.terminal.new)\u001b[2J $(alert)';
        const data = { code, action: '[Go](https://evil.example/)' };
        parts().errors.report(Object.assign(new Error(message), { data }));
      }
    } finally {
      spied.showErrorMessage = showErrorMessage;
    }
    const text =
      '[Run] (command:workbench.action.terminal.new)\\x1b[2J $ (alert). [Go] (https://evil.example/).';
    assert.deepEqual(shown, [text, text, text]);
  }),
  hostTest('reads failures by their codes alone', async () => {
    const wire = Object.assign(new Error('cancelled'), {
      code: -32603,
      data: { code: 'user', action: 'Do.' },
    });
    assert.equal(failureOf(wire).code, 'user');
    assert.equal(failureOf(wire).action, 'Do.');
    assert.equal(failureOf(Object.assign(new Error('x'), { code: -32800 })).code, 'cancelled');
    assert.equal(failureOf(Object.assign(new Error('x'), { code: -32097 })).code, 'environment');
    assert.equal(failureOf(new Error('Cancelled')).code, 'bug');
    assert.equal(failureOf({ data: { code: 'else' } }).code, 'bug');
  }),
];
