// docs/reference/protocol.md, from protocol/: every message, and every type that goes over the wire.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './docs-markdown.mjs';
import { root } from './setup.mjs';

const folder = join(root, 'protocol');
/** A table of values, which plan.md shows. */
const SETTINGS = 'plan-settings.ts';
const COMMENT = '(?:/\\*\\*(?<comment>(?:(?!\\*/)[^])*)\\*/\\n)?';
const MESSAGE = new RegExp(
  `${COMMENT}export const (?<name>\\w+) = message<(?<types>[^]*?)>\\(\\s*'(?<method>[^']+)',?\\s*\\);`,
  'g',
);

export function protocolReference() {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && name !== SETTINGS)
    .sort();
  const sources = files.map((name) => ({ name, source: readFileSync(join(folder, name), 'utf8') }));
  const messages = sources.flatMap(({ source }) => [...source.matchAll(MESSAGE)].map(({ groups }) => groups));
  return [
    '# Protocol',
    '',
    'What the extension, the background server and the dashboard say to each other: JSON-RPC, as language servers',
    'speak it, over the pipe that the extension opens, or over standard input and output. Requests are stateless:',
    'they name a study file, and a server that was started again answers the same. Cancelling a request stops its',
    'work. This page is made from `protocol/` by `scripts/docs.mjs`.',
    '',
    '## Messages',
    '',
    ...table(
      ['method', 'meaning'],
      messages.map(({ method, comment }) => [`[\`${method}\`](#${anchor(method)})`, prose(comment)]),
    ),
    '',
    ...messages.flatMap(messageSection),
    ...sources.flatMap(typesSection),
  ];
}

function messageSection({ method, comment, types }) {
  const [params, result] = splitTypes(types);
  return [
    `### ${method}`,
    '',
    ...(comment ? [prose(comment), ''] : []),
    '```ts',
    `params: ${params}`,
    ...(result === 'void' ? [] : [`result: ${result}`]),
    '```',
    '',
  ];
}

/** The types of one file, without the messages. */
function typesSection({ name, source }) {
  const [, head] = /^((?:\/\/.*\n)+)/.exec(source) ?? [];
  const code = source
    .replace(head ?? '', '')
    .replaceAll(/^import [^;]*;\n/gm, '')
    .replaceAll(MESSAGE, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  const title = `## ${name.replace('.ts', '')}: types`;
  return [title, '', head.replaceAll(/^\/\/ ?/gm, '').trim(), '', '```ts', code, '```', ''];
}

/** "{ a: b<c, d> }, e" → ["{ a: b<c, d> }", "e"] */
function splitTypes(types) {
  let depth = 0;
  for (const [at, character] of [...types].entries()) {
    if ('{<(['.includes(character)) depth++;
    if ('}>)]'.includes(character)) depth--;
    if (character === ',' && depth === 0)
      return [types.slice(0, at), types.slice(at + 1)].map((type) => dedent(type.trim().replace(/,$/, '')));
  }
  throw new Error(`Not two types: ${types}`);
}

function dedent(text) {
  const indents = [...text.matchAll(/\n( *)(?=\S)/g)].map(([, indent]) => indent.length);
  const least = Math.min(...indents, Number.POSITIVE_INFINITY);
  return Number.isFinite(least) ? text.replaceAll(`\n${' '.repeat(least)}`, '\n') : text;
}

const prose = (comment = '') =>
  comment
    .replaceAll(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** Anchor of a heading, made like GitHub and VS Code make it. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
