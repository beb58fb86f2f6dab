// Adversarial JSON lines: every spelling of a string, keys of the same name in strings, objects and
// lists, rows that are blank or damaged, any bytes anywhere. Made from a seed, so that a failure comes again.

import { bytesOf } from './adversarial-text.ts';
import type { Random } from './seeded-random.ts';

/** Rows whose contents are some of `texts`, with an LF between them and perhaps at the end. */
export function adversarialRows(random: Random, texts: readonly Uint8Array[]): Uint8Array {
  const rows = Array.from({ length: random(6) }, () => oneRow(random, texts));
  let stream = rows.join('\n') + (random(2) ? '\n' : '');
  for (let n = random(4) === 0 ? 1 + random(3) : 0; n > 0; n--) stream = damaged(random, stream);
  return bytesOf(stream);
}

const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)]!;

function oneRow(random: Random, texts: readonly Uint8Array[]): string {
  const kind = random(20);
  if (kind === 0) return pick(random, ['', ' ', '\r', '\t\u0000', '\u0001', '\u0001{}']);
  if (kind === 1 && random(3) === 0)
    return pick(random, ['[]', '5', '"content"', 'null', '{}', '{} {}', '{', '}', '\ufeff{}']);
  const members: string[] = [];
  const content = pick(random, texts);
  const keys = ['content', 'repo_name', 'path', 'license', 'other', 'content', 'conten', 'contents', ''];
  for (let n = random(6); n >= 0; n--) {
    const key = n === 0 && random(8) ? 'content' : pick(random, keys);
    const isContent = key === 'content' && random(8) > 0;
    const value = isContent ? quoted(random, latin1(content)) : anyValue(random, 0, content);
    members.push(
      `${blank(random) + quoted(random, key) + blank(random)}:${blank(random)}${value}${blank(random)}`,
    );
  }
  if (random(3) === 0) members.reverse();
  return `${blank(random)}{${members.join(',')}}${blank(random)}`;
}

const numbers = ['0', '-0', '12', '1.5', '-1e9', '1E+2', '0.0e-0', '9'.repeat(40)];

function anyValue(random: Random, depth: number, content: Uint8Array): string {
  switch (random(depth > 3 ? 5 : 8)) {
    case 0:
      return pick(
        random,
        random(6)
          ? ['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity']
          : ['tru', 'nulll', 'True', 'e', '-', 'Na', 'NaNN', '-NaN', 'Infinit', '-Infinityy'],
      );
    case 1:
      return pick(random, random(6) ? numbers : ['01', '1.', '.5', '1e', '+1', '1e5.', '-a', '1-']);
    case 2:
      return quoted(random, 'x"content":"y');
    case 3:
      return quoted(random, pick(random, ['', 'a/b', 'é', '\u00ff\u00fe', 'name', 'MIT']));
    case 4:
      return quoted(random, latin1(content));
    case 5:
      return `[${list(random, () => anyValue(random, depth + 1, content))}]`;
    case 6:
      return `{${list(random, () => `${quoted(random, 'content')}:${anyValue(random, depth + 1, content)}`)}}`;
    default:
      if (random(4)) return quoted(random, 'plain');
      return pick(random, ['[', ']', '{', '}', ',', ':', '[1,]', '{"a":1,}', '{"a"}', '{1:2}', '["a" "b"]']);
  }
}

const list = (random: Random, item: () => string): string =>
  Array.from({ length: random(4) }, () => blank(random) + item() + blank(random)).join(',');

const blank = (random: Random): string =>
  random(4)
    ? ''
    : pick(random, random(30) ? [' ', '\t', '\r', '  '] : ['\u000b', '\u00a0']).repeat(random(12) ? 1 : 20);

/** A JSON string in one of its many spellings; now and then a broken one. */
function quoted(random: Random, text: string): string {
  const style = random(3);
  let out = '"';
  for (const character of text) {
    const code = character.charCodeAt(0);
    const short = {
      '"': '\\"',
      '\\': '\\\\',
      '\n': '\\n',
      '\r': '\\r',
      '\t': '\\t',
      '\b': '\\b',
      '\f': '\\f',
    }[character];
    if (code < 0x80 && style === 2 && random(3) === 0) out += unit(random, code);
    else if (short) out += random(6) ? short : unit(random, code);
    else if (code < 0x20) out += unit(random, code);
    else if (character === '/' && random(2)) out += '\\/';
    else out += character;
    if (random(400) === 0) {
      out += pick(random, [
        '\\ud83d\\ude00',
        '\\ud83d',
        '\\ude00',
        '\\ud83dx',
        '\\ud83d\\n',
        '\\ud83d\\u0041',
        '\\u00e9',
        '\\uFFFF',
      ]);
    }
    if (random(3000) === 0)
      out += pick(random, ['\\x', '\\u12', '\\u00g0', '\\ud83d\\u12', '\u0000', '\n', '\\']);
  }
  return `${out}"`;
}

function unit(random: Random, code: number): string {
  const hex = code.toString(16).padStart(4, '0');
  return `\\u${random(2) ? hex : hex.toUpperCase()}`;
}

/** One byte changed, lost, added, or a piece cut out. */
function damaged(random: Random, stream: string): string {
  const at = random(stream.length + 1);
  const byte = random(2)
    ? String.fromCharCode(random(256))
    : pick(random, ['"', '\\', '{', '}', '[', ']', ',', ':', '\n', 'u']);
  const end = at + random(random(4) ? 2 : 30);
  return stream.slice(0, at) + (random(2) ? byte : '') + stream.slice(end);
}

const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
