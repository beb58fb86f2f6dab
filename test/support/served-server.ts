// A server of OpenAI's completions protocol over a language model of a few lines: after each character a fixed distribution over the next one.
// It samples as it is asked, so that what a client finds out of it can be held against the model; and it has faults on request.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFault {
  times: number;
  readonly kind:
    | 'cut'
    | 'server-error'
    | 'too-many'
    | 'not-json'
    | 'not-a-completion'
    | 'gave-up'
    | 'endless'
    | 'elsewhere'
    | 'huge-header'
    | 'stall';
}

export interface ServedOptions {
  readonly topK?: 'done' | 'passed over';
  /** `shared`: what the last request asked for holds for all. */
  readonly seeds?: 'kept' | 'passed over' | 'all alike' | 'shared';
  /** Draws, and cuts, by `generation_config` alone, as transformers does. */
  readonly isConfigured?: boolean;
  readonly logprobs?: 'plain' | 'as drawn' | 'none';
  readonly shape?: 'lists' | 'objects';
  /** Whether the ids of tokens are given. */
  readonly ids?: boolean;
  /** Fields that are refused. */
  readonly refused?: readonly string[];
  readonly key?: string;
  /** More requests at once are refused with 429. */
  readonly capacity?: number;
  readonly delayMs?: number;
  /** The address that it listens on; otherwise this machine alone reaches it. */
  readonly host?: string;
  /** Listed besides `tiny`. */
  readonly name?: string;
}

export interface ServedServer {
  /** Ends in /v1. */
  readonly address: string;
  readonly faults: ServedFault[];
  readonly requests: {
    readonly path: string;
    readonly authorization: string | null;
    readonly body: Readonly<Record<string, unknown>>;
  }[];
  /** Most requests that were answered at once. */
  readonly mostAtOnce: () => number;
  close(): Promise<void>;
}

/** A newline ends nothing: samples have lines. Id 0 is the end. */
export const ALPHABET = ['', '\n', ...'abcdefghij =()'];

/** Probabilities of every id after the last one. */
function distributionAfter(id: number): readonly number[] {
  const weights = ALPHABET.map((_, next) =>
    next === 0 ? 0.3 : 1 + ((Math.imul(id * 31 + next, 2654435761) >>> 16) % 50),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

const idsOf = (text: string) => [...text].map((c) => Math.max(1, ALPHABET.indexOf(c)));

/** Samples as a server would; also what tests compare with. */
export function sampleTiny(
  prompt: readonly number[],
  asked: { maxTokens: number; temperature: number; topK: number; topP: number },
  random: () => number,
) {
  let last = prompt.at(-1) ?? 1;
  const tokens: number[] = [];
  const plain: number[] = [];
  const drawn: number[] = [];
  while (tokens.length < asked.maxTokens) {
    const p = distributionAfter(last);
    const q = cut(p, asked);
    const drawnAt = random();
    let below = 0;
    let id = 0;
    while (id < q.length - 1 && below + q[id]! <= drawnAt) below += q[id++]!;
    tokens.push(id);
    plain.push(Math.log(p[id]!));
    drawn.push(Math.log(q[id]!));
    last = id;
    if (id === 0) break;
  }
  return { tokens, plain, drawn };
}

function cut(p: readonly number[], { temperature, topK }: { temperature: number; topK: number }) {
  const heated =
    temperature === 0 ? p.map((x) => (x === Math.max(...p) ? 1 : 0)) : p.map((x) => x ** (1 / temperature));
  const least = topK > 0 ? heated.toSorted((a, b) => b - a)[Math.min(topK, heated.length) - 1]! : 0;
  const kept = heated.map((x) => (x >= least ? x : 0));
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((x) => x / sum);
}

export async function startServedServer(options: ServedOptions = {}): Promise<ServedServer> {
  const faults: ServedFault[] = [];
  const requests: ServedServer['requests'] = [];
  let nRunning = 0;
  let most = 0;
  let nAsked = 0;
  let lastSeed = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readJson(request);
      const authorization = request.headers.authorization ?? null;
      requests.push({ path: request.url!, authorization, body });
      if (options.key !== undefined && authorization !== `Bearer ${options.key}`)
        return send(response, 401, { error: { message: 'Invalid API key' } });
      if (request.url === '/v1/models') {
        const data = [
          { id: options.name ?? 'tiny', object: 'model', created: Date.now(), owned_by: 'tests' },
        ];
        return send(response, 200, { object: 'list', data });
      }
      if (request.url !== '/v1/completions') return send(response, 404, { error: { message: 'Not Found' } });
      if (failAsked(faults, response)) return;
      if (options.capacity !== undefined && nRunning >= options.capacity) {
        response.setHeader('retry-after', '0');
        return send(response, 429, { error: { message: 'Too many requests' } });
      }
      most = Math.max(most, ++nRunning);
      lastSeed = Number(body.seed);
      await new Promise((resolve) => setTimeout(resolve, options.delayMs ?? 0));
      if (options.seeds === 'shared') await allThatIsAsked();
      nRunning--;
      answer(response, options.seeds === 'shared' ? { ...body, seed: lastSeed } : body, options, ++nAsked);
    })();
  });
  const host = options.host ?? '127.0.0.1';
  server.listen(0, host);
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    address: `http://${host}:${(server.address() as AddressInfo).port}/v1`,
    faults,
    requests,
    mostAtOnce: () => most,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Resolves when all that was sent by now has been read, however little of the processor the process is given: it counts turns. */
async function allThatIsAsked(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function answer(
  response: ServerResponse,
  body: Readonly<Record<string, unknown>>,
  options: ServedOptions,
  nAsked: number,
): void {
  const { topK = 'done', seeds = 'kept', logprobs = 'plain', shape = 'lists', ids = true } = options;
  const unknown = options.refused?.find((field) => field in body);
  if (unknown !== undefined) {
    const said = `Unknown field ${unknown} from ${options.key ?? 'anybody'}`;
    send(response, 400, { error: { message: said } });
    return;
  }
  const prompt = Array.isArray(body.prompt) ? (body.prompt as number[]) : idsOf(String(body.prompt));
  const { do_sample: draws = !options.isConfigured, top_k = body.top_k } = JSON.parse(
    String(options.isConfigured ? (body.generation_config ?? '{}') : '{}'),
  );
  const asked = {
    maxTokens: Number(body.max_tokens),
    temperature: draws ? Number(body.temperature) : 0,
    topP: Number(body.top_p),
    topK: topK === 'done' ? Number(top_k ?? 5) : 0,
  };
  const seed =
    seeds === 'kept' || seeds === 'shared' ? Number(body.seed) : seeds === 'passed over' ? nAsked : 1;
  const { tokens, plain, drawn } = sampleTiny(prompt, asked, randomOf(seed));
  const text = tokens.map((id) => ALPHABET[id]).join('');
  const isEnd = tokens.at(-1) === 0;
  const given = logprobs === 'plain' ? plain : drawn;
  const words = tokens.map((id) => (id === 0 ? '<end>' : ALPHABET[id]!));
  const p = distributionAfter(prompt.at(-1) ?? 1);
  const first = logprobs === 'plain' ? p : cut(p, asked);
  const top = first.flatMap((share, id) =>
    share === Math.max(...first) || id === tokens[0]
      ? [[ALPHABET[id] || '<end>', Math.log(share)] as const]
      : [],
  );
  const lists = { tokens: words, token_logprobs: given, top_logprobs: [Object.fromEntries(top)] };
  const objects = {
    content: tokens.map((id, i) => ({
      ...(ids ? { id } : {}),
      token: ALPHABET[id],
      bytes: [...Buffer.from(ALPHABET[id]!)],
      logprob: given[i],
      top_logprobs: i === 0 ? top.map(([token, logprob]) => ({ token, logprob })) : [],
    })),
  };
  send(response, 200, {
    object: 'text_completion',
    model: 'tiny',
    choices: [
      {
        index: 0,
        text,
        finish_reason: isEnd ? 'stop' : 'length',
        ...(logprobs !== 'none' && 'logprobs' in body
          ? { logprobs: shape === 'lists' ? lists : objects }
          : {}),
        ...(ids && 'return_token_ids' in body ? { token_ids: tokens } : {}),
      },
    ],
    usage: { completion_tokens: tokens.length },
  });
}

/** Mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const part of request) text += part;
  return text === '' ? {} : JSON.parse(text);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function failAsked(faults: ServedFault[], response: ServerResponse): boolean {
  const fault = faults.find(({ times }) => times > 0);
  if (fault === undefined) return false;
  fault.times--;
  switch (fault.kind) {
    case 'cut':
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"choices": [{"text": "ab', () => response.destroy());
      break;
    case 'server-error':
      send(response, 500, { error: 'it broke' });
      break;
    case 'too-many':
      response.setHeader('retry-after', '1');
      send(response, 429, { error: { message: 'slower' } });
      break;
    case 'not-json':
      response.end('<html>Welcome</html>');
      break;
    case 'not-a-completion':
      send(response, 200, { choices: [{ text: 7 }] });
      break;
    case 'gave-up':
      send(response, 200, { choices: [{ text: 'ab', finish_reason: 'abort' }] });
      break;
    case 'endless': {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1 << 16)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      break;
    }
    case 'elsewhere':
      response.writeHead(307, { location: 'http://localhost:9/v1/completions' });
      response.end();
      break;
    case 'huge-header':
      response.writeHead(200, { 'x-long': 'y'.repeat(100_000) });
      response.end('{}');
      break;
    case 'stall':
      response.writeHead(200);
      response.write('{');
      break;
  }
  return true;
}
