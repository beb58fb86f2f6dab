// A server of the Model Context Protocol over standard input and output, for as long as its client is there.

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { StudyReaders } from '../queries/study-readers.ts';
import { version } from '../version.ts';
import { answerTool } from './answer-tool.ts';
import { BoundedMessages } from './bounded-messages.ts';
import { type Tool, type ToolPlaces, tools } from './tools.ts';
import { WaitingTexts } from './waiting-texts.ts';

/** The longest text that is taken, each unit of it as an escape of six bytes, and what stands around it. */
const MAX_MESSAGE_BYTES = 32 << 20;
/** Texts that wait for their answers at once: each is held until then. */
const MAX_WAITING_CHARACTERS = 64 << 20;
const TOO_MUCH = 'Too much is asked at once: wait for the answers that are under way, and ask again.';
const INVALID_REQUEST = -32_600;

export async function serve(places: ToolPlaces): Promise<void> {
  using readers = new StudyReaders();
  const server = new Server({ name: 'verbatim', version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools.map(describe) }));
  const waiting = new WaitingTexts(MAX_WAITING_CHARACTERS);
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const given = params.arguments ?? {};
    using taken = waiting.take(charactersOf(given));
    if (!taken) return toldAs(TOO_MUCH, true);
    const { text, isError } = await answerTool(params.name, given, { readers, places, signal });
    return toldAs(text, isError);
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  process.stdin.once('end', () => void server.close());
  const messages = process.stdin.pipe(new BoundedMessages(MAX_MESSAGE_BYTES, refuseTooLong));
  const bounds = { maxBufferSize: 2 * MAX_MESSAGE_BYTES };
  await server.connect(new StdioServerTransport(messages, process.stdout, bounds));
  await closed;
}

const charactersOf = (given: Readonly<Record<string, unknown>>): number =>
  Object.values(given).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : 0),
    0,
  );

function toldAs(text: string, isError: boolean) {
  const content = [{ type: 'text' as const, text }];
  return isError ? { content, isError } : { content };
}

/** Nobody has read which request it was. */
function refuseTooLong(): void {
  const message = `A message has more than ${MAX_MESSAGE_BYTES} bytes and is not read: look the code up in parts`;
  const error = { code: INVALID_REQUEST, message };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: null, error })}\n`);
}

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
