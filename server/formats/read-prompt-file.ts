// Prompts in a file: JSON lines, JSON, the published study's `extract_prompt.json`, or plain text with a prompt a
// line. A prompt is a string, or what an object holds as `prompt`, `text` or `content`, or the ids of its tokens that it holds as
// `tokens`, or the two ends of a gap that it holds as `prefix` and `suffix`.

import { extname } from 'node:path';
import { say } from '../../guard/text/say.ts';
import type { PromptText } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { isTokenIds } from '../token-ids.ts';
import { asObject, parseJson, readTextFile } from './text-file.ts';

const SHAPE =
  'A prompt is a string, {"prompt": "…"}, {"text": "…"}, {"content": "…"}, {"tokens": […]} or {"prefix": "…", "suffix": "…"}.';

/** `given`: its bytes, where somebody read them already. */
export const readPromptFile = (path: string, given?: Buffer): readonly PromptText[] =>
  promptsIn(path, readTextFile(path, 'The prompts', given));

/** The prompts of a file's text; `path` is the file's, for its form and for messages. */
export function promptsIn(path: string, text: string): readonly PromptText[] {
  switch (extname(path)) {
    case '.json':
      return promptsOfJson(path, parseJson(text, path, SHAPE));
    case '.jsonl':
    case '.ndjson':
      return linesOf(text).map(([line, n]) => {
        const where = `${path}:${n}`;
        return promptOf(parseJson(line, where, SHAPE), where);
      });
    default:
      return linesOf(text).map(([line]) => plainPrompt(line));
  }
}

const linesOf = (text: string): (readonly [line: string, n: number])[] =>
  text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [[line, i + 1] as const]));

/** A line of text, unless it is JSON that holds a prompt: code may begin with a quote or a brace, too. */
function plainPrompt(line: string): PromptText {
  if (!/^\s*["{]/.test(line)) return line;
  try {
    return textIn(JSON.parse(line)) ?? line;
  } catch {
    return line;
  }
}

/** A list of prompts, or an object of them by whatever names. */
function promptsOfJson(path: string, value: unknown): readonly PromptText[] {
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(asObject(value) ?? {});
  if (entries.length === 0) throw new UserError(say`${path} holds no prompts`, { action: SHAPE });
  return entries.map(([name, entry]) => promptOf(entry, `${path}: ${name}`));
}

function promptOf(value: unknown, where: string): PromptText {
  const prompt = textIn(value);
  if (prompt === undefined) throw new UserError(say`${where} is no prompt`, { action: SHAPE });
  return prompt;
}

function textIn(value: unknown): PromptText | undefined {
  if (typeof value === 'string') return value;
  const { prompt, text, content, tokens, prefix, suffix } = asObject(value) ?? {};
  if (typeof prefix === 'string' && typeof suffix === 'string') return { prefix, suffix };
  return (
    [prompt, text, content].find((each) => typeof each === 'string') ??
    (isTokenIds(tokens) ? { tokens } : undefined)
  );
}
