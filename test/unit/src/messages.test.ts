// Messages of VS Code's window draw links: one file gives it all of them, encoded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSources } from '../../support/house/imports.ts';

const messages =
  /window\s*\.\s*(?:show(?:Error|Warning|Information)Message|setStatusBarMessage)|ProgressLocation\.Notification/;
/** A Markdown text that may run commands holds no names of others: only links() of this file makes one. */
const trusting = /isTrusted = (?!false)|supportHtml = (?!false)|supportThemeIcons = true/;

const filesWith = (pattern: RegExp) =>
  [...readSources(['src'])].filter(([, source]) => pattern.test(source)).map(([file]) => file);

test('only notify.ts gives VS Code’s window a message', () => {
  assert.deepEqual(filesWith(messages), ['src/notify.ts']);
});

test('only the links of a hover are trusted Markdown', () => {
  assert.deepEqual(filesWith(trusting), ['src/decorations/mark-hover.ts']);
});
