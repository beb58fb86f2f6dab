// A server of the Model Context Protocol over standard input and output, for as long as its client is there.

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { StudyReaders } from '../queries/study-readers.ts';
import { version } from '../version.ts';
import { answerTool } from './answer-tool.ts';
import { type Tool, type ToolPlaces, tools } from './tools.ts';

export async function serve(places: ToolPlaces): Promise<void> {
  using readers = new StudyReaders();
  const server = new Server({ name: 'verbatim', version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: tools.map(describe) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const asker = { readers, places, signal };
    const { text, isError } = await answerTool(params.name, params.arguments ?? {}, asker);
    const content = [{ type: 'text' as const, text }];
    return isError ? { content, isError } : { content };
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  process.stdin.once('end', () => void server.close());
  await server.connect(new StdioServerTransport());
  await closed;
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
