// Prompts in a file: JSON lines, JSON, the published study's `extract_prompt.json`, or plain text with a prompt a
// line. A prompt is a string, or what an object holds as `prompt`, `text` or `content`.

import { extname } from 'node:path';
import { say } from '../../guard/text/say.ts';
import { UserError } from '../errors.ts';
import { asObject, parseJson, readTextFile } from './text-file.ts';

const SHAPE = 'A prompt is a string, {"prompt": "…"}, {"text": "…"} or {"content": "…"}.';

/** `given`: its bytes, where somebody read them already. */
export const readPromptFile = (path: string, given?: Buffer): readonly string[] =>
  promptsIn(path, readTextFile(path, 'The prompts', given));

/** The prompts of a file's text; `path` is the file's, for its form and for messages. */
export function promptsIn(path: string, text: string): readonly string[] {
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
function plainPrompt(line: string): string {
  if (!/^\s*["{]/.test(line)) return line;
  try {
    return textIn(JSON.parse(line)) ?? line;
  } catch {
    return line;
  }
}

/** A list of prompts, or an object of them by whatever names. */
function promptsOfJson(path: string, value: unknown): readonly string[] {
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(asObject(value) ?? {});
  if (entries.length === 0) throw new UserError(say`${path} holds no prompts`, { action: SHAPE });
  return entries.map(([name, entry]) => promptOf(entry, `${path}: ${name}`));
}

function promptOf(value: unknown, where: string): string {
  const prompt = textIn(value);
  if (prompt === undefined) throw new UserError(say`${where} is no prompt`, { action: SHAPE });
  return prompt;
}

function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const { prompt, text, content } = asObject(value) ?? {};
  return [prompt, text, content].find((each) => typeof each === 'string');
}
