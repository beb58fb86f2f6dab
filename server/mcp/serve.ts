// A server of the Model Context Protocol over standard input and output, for as long as its client is there.

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { forJson } from '../../guard/text/for-json.ts';
import { Cancelled, VerbatimError } from '../errors.ts';
import { StudyReaders } from '../queries/study-readers.ts';
import { version } from '../version.ts';
import { type Tool, type ToolPlaces, tools } from './tools.ts';

/** No answer is longer, whatever a file says. */
const MAX_ANSWER_CHARACTERS = 64 << 10;

export async function serve(places: ToolPlaces): Promise<void> {
  using readers = new StudyReaders();
  const server = new Server({ name: 'verbatim', version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools.map(describe) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    try {
      const tool = tools.find(({ name }) => name === params.name);
      if (!tool)
        return failed(
          `There is no tool of this name; there are ${tools.map(({ name }) => name).join(', ')}.`,
        );
      const given = readArguments(tool, params.arguments ?? {});
      if (typeof given === 'string') return failed(given);
      const text = forJson(await tool.answer(given, { readers, places, signal }));
      if (text.length > MAX_ANSWER_CHARACTERS)
        return failed('The answer is too long: ask about less at once.');
      return { content: [{ type: 'text' as const, text }] };
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      if (!(error instanceof VerbatimError)) throw error;
      return failed([error.message, error.action].filter(Boolean).join('. '));
    }
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  process.stdin.once('end', () => void server.close());
  await server.connect(new StdioServerTransport());
  await closed;
}

const failed = (text: string) => ({ content: [{ type: 'text' as const, text }], isError: true });

const describe = ({ name, description, takes }: Tool) => ({
  name,
  description,
  inputSchema: {
    type: 'object' as const,
    properties: Object.fromEntries(
      Object.entries(takes).map(([key, value]) => [key, { type: 'string', ...value }]),
    ),
    required: Object.keys(takes),
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
});

/** What is wrong with them, as a sentence. */
function readArguments(
  { takes }: Tool,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> | string {
  const read: Record<string, string> = {};
  for (const [name, { maxLength }] of Object.entries(takes)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (typeof value !== 'string') return `"${name}" is needed, a string.`;
    if (value.length > maxLength)
      return `"${name}" has ${value.length} characters, and ${maxLength} are taken.`;
    read[name] = value;
  }
  return read;
}
