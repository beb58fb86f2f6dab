// A server that speaks the Hugging Face Hub's protocol over files in memory, with faults on request: what
// the client is tested against. Paths and headers are those that the Hub's own library uses.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubFiles {
  readonly [path: string]: Uint8Array | string;
}

export interface Fault {
  /** Which requests: a part of the path. */
  readonly path: string;
  /** How many of them; the next ones are answered well. */
  times: number;
  readonly kind: 'cut' | 'too-many' | 'server-error' | 'wrong-bytes' | 'no-range' | 'stall';
  /** Bytes sent before the connection of a `cut` ends, or nothing more comes of a `stall`. */
  readonly after?: number;
  /** Seconds that `too-many` asks to wait. */
  readonly retryAfter?: string;
}

export interface HubServerOptions {
  /** Repositories by `models/owner/name` or `datasets/owner/name`. */
  readonly repositories: Readonly<Record<string, HubFiles>>;
  /** Needed for gated repositories. */
  readonly token?: string;
  readonly gated?: readonly string[];
  /** Hashes to claim instead of the true ones, by path. */
  readonly claimedHashes?: Readonly<Record<string, string>>;
  /** Large files are sent from another host, as the Hub does. */
  readonly elsewhere?: boolean;
}

export interface HubServer {
  readonly endpoint: string;
  readonly faults: Fault[];
  /** Every request: method, path, host and what identified it. */
  readonly requests: {
    method: string;
    path: string;
    host: string;
    authorization: string | null;
    range: string | null;
  }[];
  readonly commit: string;
  close(): Promise<void>;
}

/** Larger files are LFS files: they have a SHA-256 and are served through a redirect. */
const LFS_BYTES = 1000;
const COMMIT = `${'c0ffee'.repeat(6)}beef`;

export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const faults: Fault[] = [];
  const requests: HubServer['requests'] = [];
  const storage = createServer((request, response) => {
    note(request);
    serveStored(options, faults, request, response);
  });
  await listen(storage);
  const storagePort = (storage.address() as AddressInfo).port;
  const hub = createServer((request, response) => {
    note(request);
    if (failEarly(faults, request, response)) return;
    // Another name of this machine: another host to the client.
    const elsewhere = options.elsewhere === false ? '' : `http://localhost:${storagePort}`;
    serveHub(options, elsewhere, faults, request, response);
  });
  await listen(hub);
  function note(request: IncomingMessage) {
    requests.push({
      method: request.method!,
      path: decodeURIComponent(request.url!),
      host: request.headers.host!,
      authorization: request.headers.authorization ?? null,
      range: request.headers.range ?? null,
    });
  }
  return {
    endpoint: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    faults,
    requests,
    commit: COMMIT,
    close: async () => {
      for (const server of [hub, storage]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

const listen = (server: ReturnType<typeof createServer>) =>
  new Promise<void>((resolve) => server.listen(0, resolve));

function serveHub(
  options: HubServerOptions,
  elsewhere: string,
  faults: Fault[],
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  const { pathname } = new URL(request.url!, 'http://hub');
  const path = decodeURIComponent(pathname);
  const api = /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)/.exec(path);
  const resolve = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
  const name = api
    ? `${api[1]}/${api[2]}`
    : resolve
      ? `${resolve[1] ? 'datasets' : 'models'}/${resolve[2]}`
      : '';
  const files = options.repositories[name];
  const isAllowed =
    !options.gated?.includes(name) || request.headers.authorization === `Bearer ${options.token}`;
  if (!isAllowed) return fail(response, 401, { 'x-error-code': 'GatedRepo' });
  if (!files) return fail(response, 404, { 'x-error-code': 'RepoNotFound' });
  const revision = api?.[4] ?? resolve?.[3];
  if (revision !== 'main' && revision !== 'HEAD' && revision !== COMMIT) {
    return fail(response, 404, { 'x-error-code': 'RevisionNotFound' });
  }
  if (api?.[3] === 'revision') return json(response, { _id: 'x', id: api[2], sha: COMMIT, private: false });
  if (api) return json(response, tree(files, options.claimedHashes));
  const content = files[resolve![4]!];
  if (content === undefined) return fail(response, 404, { 'x-error-code': 'EntryNotFound' });
  const bytes = asBuffer(content);
  const etag = hashOf(bytes);
  response.setHeader('x-repo-commit', COMMIT);
  response.setHeader('etag', `"${etag}"`);
  if (bytes.length < LFS_BYTES) return send(bytes, path, faults, request, response);
  response.setHeader('x-linked-etag', `"${etag}"`);
  response.setHeader('x-linked-size', bytes.length);
  return response
    .writeHead(302, { location: `${elsewhere}/storage/${name}/${encodeURI(resolve![4]!)}` })
    .end();
}

function serveStored(
  options: HubServerOptions,
  faults: Fault[],
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  const path = decodeURIComponent(request.url!);
  const [, name, file] = /^\/storage\/((?:models|datasets)\/[^/]+\/[^/]+)\/(.+)$/.exec(path) ?? [];
  const content = name && file ? options.repositories[name]?.[file] : undefined;
  if (content === undefined) return fail(response, 404, {});
  if (failEarly(faults, request, response)) return;
  return send(asBuffer(content), path, faults, request, response);
}

function failEarly(faults: Fault[], request: IncomingMessage, response: ServerResponse): boolean {
  const fault = take(faults, request.url!, ['too-many', 'server-error']);
  if (!fault) return false;
  const isPatient = fault.kind === 'too-many';
  fail(
    response,
    isPatient ? 429 : 503,
    fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
  );
  return true;
}

function send(
  whole: Buffer,
  path: string,
  faults: Fault[],
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  const ignoresRange = take(faults, path, ['no-range']) !== undefined;
  const from = ignoresRange ? 0 : Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from > 0) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${from}-${whole.length - 1}/${whole.length}`);
  }
  let bytes = whole.subarray(from);
  if (take(faults, path, ['wrong-bytes']))
    bytes = Buffer.from(bytes).fill(0x21, bytes.length >> 1, (bytes.length >> 1) + 3);
  response.setHeader('content-length', bytes.length);
  const cut = take(faults, path, ['cut', 'stall']);
  if (!cut) return response.end(bytes);
  if (cut.kind === 'stall') return response.write(bytes.subarray(0, cut.after ?? bytes.length >> 1));
  return response.write(bytes.subarray(0, cut.after ?? bytes.length >> 1), () =>
    setTimeout(() => response.destroy(), 20),
  );
}

function take(faults: Fault[], path: string, kinds: readonly Fault['kind'][]): Fault | undefined {
  const decoded = decodeURIComponent(path);
  const fault = faults.find((f) => f.times > 0 && kinds.includes(f.kind) && decoded.includes(f.path));
  if (fault) fault.times--;
  return fault;
}

function tree(files: HubFiles, claimed: HubServerOptions['claimedHashes'] = {}): object[] {
  return Object.entries(files).map(([path, content]) => {
    const bytes = asBuffer(content);
    const isLarge = bytes.length >= LFS_BYTES;
    return {
      type: 'file',
      path,
      size: bytes.length,
      oid: isLarge ? createHash('sha1').update(bytes).digest('hex') : (claimed[path] ?? hashOf(bytes)),
      ...(isLarge && { lfs: { oid: claimed[path] ?? hashOf(bytes), size: bytes.length, pointerSize: 134 } }),
    };
  });
}

export function hashOf(bytes: Uint8Array): string {
  if (bytes.length >= LFS_BYTES) return createHash('sha256').update(bytes).digest('hex');
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const json = (response: ServerResponse, value: unknown): unknown =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));

function fail(response: ServerResponse, status: number, headers: Record<string, string>): unknown {
  return response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"error":"no"}');
}

/** No copy of what is bytes already: benchmarks serve large files. */
const asBuffer = (content: Uint8Array | string): Buffer =>
  typeof content === 'string'
    ? Buffer.from(content)
    : Buffer.from(content.buffer, content.byteOffset, content.length);
