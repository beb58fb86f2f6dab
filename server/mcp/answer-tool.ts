// Answers one call of a tool: checks what it was given, and bounds what it says.

import { forJson } from '../../guard/text/for-json.ts';
import { Cancelled, VerbatimError } from '../errors.ts';
import { type Asker, type Tool, tools } from './tools.ts';

export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
}

/** No answer is longer, whatever a file says. */
const MAX_ANSWER_CHARACTERS = 64 << 10;

/** What an agent did wrong, and what the user can mend, is an answer. Throws what nobody foresaw. */
export async function answerTool(
  name: string,
  given: Readonly<Record<string, unknown>>,
  asker: Asker,
): Promise<ToolAnswer> {
  const tool = tools.find((each) => each.name === name);
  if (!tool)
    return failed(`There is no tool of this name; there are ${tools.map((each) => each.name).join(', ')}.`);
  const read = readArguments(tool, given);
  if (typeof read === 'string') return failed(read);
  try {
    const text = forJson(await tool.answer(read, asker));
    if (text.length > MAX_ANSWER_CHARACTERS) return failed('The answer is too long: ask about less at once.');
    return { text, isError: false };
  } catch (error) {
    if (error instanceof Cancelled || !(error instanceof VerbatimError)) throw error;
    return failed([error.message, error.action].filter(Boolean).join('. '));
  }
}

const failed = (text: string): ToolAnswer => ({ text, isError: true });

/** What is wrong with them, as a sentence. */
function readArguments(
  { takes }: Tool,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> | string {
  const read: Record<string, string> = {};
  const taken = Object.keys(takes);
  // It is not said again: it may be as long as a message. Nor is it held while an answer is made.
  if (Object.keys(given).some((name) => !taken.includes(name)))
    return `An argument is none of this tool's, which are: ${taken.join(', ')}.`;
  for (const [name, { maxLength }] of Object.entries(takes)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (typeof value !== 'string') return `"${name}" is needed, a string.`;
    if (value.length > maxLength)
      return `"${name}" has ${value.length} characters, and ${maxLength} are taken.`;
    read[name] = value;
  }
  return read;
}
