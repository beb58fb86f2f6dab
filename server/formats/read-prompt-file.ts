// Prompts in a file: JSON lines (a string or {"prompt": …}), the published study's
// `extract_prompt.json`, or plain text with a prompt a line.

import { readFileSync } from 'node:fs';
import { UserError } from '../errors.ts';

export function readPromptFile(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UserError(`The prompts in ${path} cannot be read`, { action: 'Check the path.', cause });
  }
  return promptsIn(path, text);
}

/** The prompts of a file's text; `path` is the file's, for its form and for messages. */
export function promptsIn(path: string, text: string): readonly string[] {
  return path.endsWith('.json') ? promptsOfObject(path, text) : text.split('\n').flatMap(promptOfLine);
}

function promptOfLine(line: string): string[] {
  if (line.trim() === '') return [];
  if (!/^\s*["{]/.test(line)) return [line];
  try {
    const value = JSON.parse(line) as string | { prompt?: unknown };
    const prompt = typeof value === 'string' ? value : value.prompt;
    return typeof prompt === 'string' ? [prompt] : [line];
  } catch {
    return [line]; // a line of code that begins with a quote or a brace
  }
}

function promptsOfObject(path: string, text: string): string[] {
  try {
    const entries = Object.values(JSON.parse(text) as Record<string, { prompt: unknown }>);
    return entries.map(({ prompt }) => {
      if (typeof prompt === 'string') return prompt;
      throw new TypeError('a prompt is no text');
    });
  } catch (cause) {
    throw new UserError(`${path} is not of the form {"…": {"prompt": "…"}}`, { cause });
  }
}
