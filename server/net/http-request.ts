// One request over HTTP, and its answer within bounds: a server that says nothing, never ends or sends us elsewhere is
// left. What is sent goes to the host that was named and to no other.

import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Cancelled, EnvironmentError } from '../errors.ts';
import { version } from '../version.ts';

export interface HttpQuestion {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** The longest time without a byte. */
  readonly silenceMs?: number;
  /**
   * Those within the host are followed. `given` gives every one away as an answer; `anywhere` follows to any host, without what
   * identifies who asks.
   */
  readonly redirects?: 'given' | 'anywhere';
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Its bytes as they come. Whoever does not read them to their end calls `destroy`. */
  readonly body: IncomingMessage;
}

const SILENCE_MS = 60_000;
const MAX_REDIRECTS = 5;
/** All headers of an answer together. */
const MAX_HEADER_BYTES = 16 << 10;

const http = new HttpAgent({ keepAlive: true });
const https = new HttpsAgent({ keepAlive: true });

/**
 * Rejects with `Cancelled`, with `EnvironmentError` where it is sent to another host, and with whatever the system says where there is no
 * answer. Within the host redirects are followed.
 */
export async function ask(question: HttpQuestion): Promise<HttpAnswer> {
  let { url, headers } = question;
  for (let n = 0; n <= MAX_REDIRECTS; n++) {
    const answer = await askOnce({ ...question, url, ...(headers && { headers }) });
    const { location } = answer.headers;
    const isRedirect = answer.status >= 301 && answer.status <= 308 && answer.status !== 304;
    if (!isRedirect || location === undefined || question.redirects === 'given') return answer;
    answer.body.destroy();
    const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
    if (next === undefined) throw sentElsewhere(url, next);
    if (next.origin !== url.origin) {
      const isSafe =
        /^https?:$/.test(next.protocol) && !(url.protocol === 'https:' && next.protocol === 'http:');
      if (question.redirects !== 'anywhere' || !isSafe) throw sentElsewhere(url, next);
      const { authorization: _, ...rest } = headers ?? {};
      headers = rest;
    }
    url = next;
  }
  throw new EnvironmentError(`${question.url.host} redirects in a circle`);
}

const sentElsewhere = (from: URL, to: URL | undefined) =>
  new EnvironmentError(
    `${from.host} sends us to ${to === undefined ? 'no address' : `${to.protocol}//${to.host}`}, and requests go only to hosts that were named`,
    { action: 'Name that address instead, if you trust it.' },
  );

function askOnce({
  url,
  method = 'GET',
  headers,
  body,
  signal,
  silenceMs = SILENCE_MS,
}: HttpQuestion): Promise<HttpAnswer> {
  if (signal.aborted) throw new Cancelled();
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const isSecure = url.protocol === 'https:';
  const options = {
    method,
    agent: isSecure ? https : http,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: {
      'user-agent': `verbatim/${version}`,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    },
  };
  const request: ClientRequest = (isSecure ? httpsRequest : httpRequest)(url, options, (message) => {
    resolve({ status: message.statusCode ?? 0, headers: message.headers, body: message });
  });
  const stop = () => request.destroy(new Cancelled());
  signal.addEventListener('abort', stop);
  request.setTimeout(silenceMs, () =>
    request.destroy(new Error(`no byte came in ${Math.round(silenceMs / 1000)} s`)),
  );
  request.on('close', () => signal.removeEventListener('abort', stop));
  request.on('error', (error) => reject(signal.aborted ? new Cancelled() : error));
  request.end(body);
  return promise;
}

export class TooLong extends Error {}

/** The whole body; rejects with `TooLong` where it has more bytes, and where it is cut short. */
export async function readBody({ body }: HttpAnswer, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let nBytes = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    nBytes += part.length;
    if (nBytes > maxBytes) {
      body.destroy();
      throw new TooLong(`more than ${maxBytes} bytes for an answer`);
    }
    parts.push(part);
  }
  if (!body.complete) throw new Error('the answer breaks off');
  return Buffer.concat(parts);
}
