// A server of files by ranges, as stores of training data have them, with faults on request. With `behind` it passes everything on to another server.

import { createHash } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RangeFault {
  times: number;
  readonly kind: 'cut' | 'busy' | 'server-error' | 'silence' | 'stall' | 'garbage' | 'elsewhere';
  /** Bytes of the body that come before a `cut`. */
  readonly after?: number;
  /** Only questions for a range. */
  readonly ofRanges?: boolean;
}

export interface RangeServer {
  readonly address: string;
  readonly files: Map<string, Buffer>;
  readonly faults: RangeFault[];
  readonly requests: {
    readonly path: string;
    readonly range: string | null;
    readonly authorization: string | null;
  }[];
  /** Bytes of bodies that were sent. */
  nSent: number;
  close(): Promise<void>;
}

export interface RangeOptions {
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Answers every question with the whole file. */
  readonly knowsNoRanges?: boolean;
  readonly tags?: 'strong' | 'weak' | 'none';
  /** Port of another server of this machine. */
  readonly behind?: number;
  /** Requests that are signed for another region are sent away, as S3 does. */
  readonly region?: string;
}

export async function startRangeServer(options: RangeOptions = {}): Promise<RangeServer> {
  const files = new Map(Object.entries(options.files ?? {}));
  const server = createServer((question, response) => {
    const path = decodeURIComponent(question.url!.replace(/\?.*/, '').slice(1));
    const { range = null, authorization = null } = question.headers;
    self.requests.push({ path, range, authorization });
    if (options.region !== undefined && !authorization?.includes(`/${options.region}/s3/`)) {
      response
        .writeHead(301, { 'x-amz-bucket-region': options.region, location: 'http://localhost:9/' })
        .end();
      return;
    }
    const fault = self.faults.find(
      ({ times, ofRanges }) => times > 0 && (!ofRanges || question.headers.range !== undefined),
    );
    if (fault !== undefined) fault.times--;
    if (fault !== undefined && failEarly(fault, response)) return;
    const cutAt = fault?.kind === 'cut' ? (fault.after ?? 100) : Number.POSITIVE_INFINITY;
    if (options.behind !== undefined) return passOn(question, response, options.behind, cutAt);
    answer(question, response, files.get(path), options, cutAt);
  });
  const self: RangeServer = {
    address: '',
    files,
    faults: [],
    requests: [],
    nSent: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const answer = (
    question: IncomingMessage,
    response: ServerResponse,
    bytes: Buffer | undefined,
    { knowsNoRanges, tags = 'strong' }: RangeOptions,
    cutAt: number,
  ): void => {
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const hash = createHash('md5').update(bytes).digest('hex');
    const tag = tags === 'strong' ? `"${hash}"` : `W/"${hash}"`;
    if (tags !== 'none') response.setHeader('etag', tag);
    const wanted = question.headers['if-match'];
    if (wanted !== undefined && wanted !== tag) {
      response.writeHead(412).end();
      return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(question.headers.range ?? '');
    if (range === null || knowsNoRanges) {
      send(response, 200, bytes, cutAt);
      return;
    }
    const first = Number(range[1]);
    if (first >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const last = Math.min(bytes.length - 1, range[2] === '' ? bytes.length - 1 : Number(range[2]));
    response.setHeader('content-range', `bytes ${first}-${last}/${bytes.length}`);
    send(response, 206, bytes.subarray(first, last + 1), cutAt);
  };
  const send = (response: ServerResponse, status: number, body: Buffer, cutAt: number): void => {
    response.writeHead(status, { 'content-length': body.length });
    self.nSent += Math.min(body.length, cutAt);
    if (body.length <= cutAt) response.end(body);
    else response.write(body.subarray(0, cutAt), () => response.destroy());
  };
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return Object.assign(self, { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function failEarly(fault: RangeFault, response: ServerResponse): boolean {
  switch (fault.kind) {
    case 'cut':
      return false;
    case 'busy':
      response.writeHead(503, { 'retry-after': '0' }).end('<Error><Code>SlowDown</Code></Error>');
      return true;
    case 'server-error':
      response.writeHead(500).end();
      return true;
    case 'silence':
      return true;
    case 'stall':
      response.writeHead(206, { 'content-length': '10' });
      response.write('x');
      return true;
    case 'garbage':
      response.socket!.end('HTTP/1.1 999 what\r\nnot a header\r\n\r\n');
      return true;
    case 'elsewhere':
      response.writeHead(302, { location: 'http://localhost:9/file' }).end();
      return true;
  }
}

/** The headers stay as they are, since they may be signed. */
function passOn(question: IncomingMessage, response: ServerResponse, port: number, cutAt: number): void {
  const { method, url, headers } = question;
  const passed = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answered) => {
    response.writeHead(answered.statusCode!, answered.headers);
    let n = 0;
    answered.on('data', (part: Buffer) => {
      n += part.length;
      if (n > cutAt) response.destroy();
      else response.write(part);
    });
    answered.on('end', () => response.end());
  });
  passed.on('error', () => response.destroy());
  question.pipe(passed);
}
