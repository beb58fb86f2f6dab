// A file on another machine, read by ranges: what is read on from where the last range ended comes as one stream, which goes on where it broke; what is read
// elsewhere is a request of its own. A file that is another than it was is noticed by its tag.

import { EnvironmentError } from '../errors.ts';
import { type HttpAnswer, readBody } from '../net/http-request.ts';
import type { RemoteLocation } from './remote-location.ts';
import { askRemote, type RemoteAccess, shown } from './remote-request.ts';

/** What a file was when it was listed. */
export interface RemoteFacts {
  readonly nBytes: number;
  /** Its ETag, or the time of its last change; empty where the machine tells neither. */
  readonly tag: string;
}

export const tagOf = ({ headers }: Pick<HttpAnswer, 'headers'>): string =>
  headers.etag ?? headers['last-modified'] ?? '';

/** Times that a stream is begun anew without a byte. */
const MOST_VAIN = 6;

export class RemoteFile {
  readonly size: number;
  readonly #access: RemoteAccess;
  readonly #location: RemoteLocation;
  readonly #tag: string;
  #stream: AsyncGenerator<Buffer, undefined> | undefined;
  #body: HttpAnswer['body'] | undefined;
  /** Bytes of the stream that nobody has taken yet. */
  #ahead: Buffer = Buffer.alloc(0);
  /** The place behind what was read last; a stream goes on there. */
  #at = -1;
  #last: Promise<unknown> = Promise.resolve();

  constructor(access: RemoteAccess, location: RemoteLocation, { nBytes, tag }: RemoteFacts) {
    this.#access = access;
    this.#location = location;
    this.#tag = tag;
    this.size = nBytes;
  }

  /** At most `nBytes` bytes from `position` on; fewer at the end. One after the other, as they are asked for. */
  read(position: number, nBytes: number): Promise<Buffer> {
    const read = this.#last.then(() => this.#readNow(position, nBytes));
    this.#last = read.catch(() => {});
    return read;
  }

  async #readNow(position: number, nBytes: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(nBytes, this.size - position));
    if (wanted === 0) return Buffer.alloc(0);
    if (position !== this.#at) {
      this.close();
      const bytes = await this.#range(position, wanted);
      this.#at = position + wanted;
      return bytes;
    }
    return this.#readOn(wanted);
  }

  close(): void {
    this.#body?.destroy();
    this.#body = undefined;
    this.#stream = undefined;
    this.#ahead = Buffer.alloc(0);
    this.#at = -1;
  }

  #range(position: number, nBytes: number): Promise<Buffer> {
    return this.#ask(position, position + nBytes - 1, async (answer) => {
      // Whoever knows no ranges sends all of it, and only the beginning is worth that.
      if (answer.status === 200) return takeStart(answer, position, nBytes);
      const bytes = await readBody(answer, nBytes);
      if (bytes.length !== nBytes)
        throw new Error(`${bytes.length} bytes came where ${nBytes} were asked for`);
      return bytes;
    });
  }

  async #readOn(nBytes: number): Promise<Buffer> {
    const out = Buffer.allocUnsafeSlow(nBytes);
    let n = 0;
    let nVain = 0;
    while (n < nBytes) {
      if (this.#ahead.length === 0) {
        const part = await this.#nextPart();
        if (part !== undefined) nVain = 0;
        else if (++nVain === MOST_VAIN) throw breaks(this.#location, this.#at);
        this.#ahead = part ?? Buffer.alloc(0);
        continue;
      }
      const taken = this.#ahead.copy(out, n, 0, nBytes - n);
      this.#ahead = this.#ahead.subarray(taken);
      n += taken;
      this.#at += taken;
    }
    return out;
  }

  /** Undefined where the stream broke. */
  async #nextPart(): Promise<Buffer | undefined> {
    const { signal } = this.#access.patience;
    try {
      this.#stream ??= await this.#ask(this.#at, this.size - 1, async (answer) => {
        this.#body = answer.body;
        return partsAfter(answer.body, answer.status === 200 ? this.#at : 0);
      });
      const { value, done } = await this.#stream.next();
      if (!done && value.length > 0) return value;
    } catch (error) {
      if (signal.aborted || error instanceof EnvironmentError) throw error;
    }
    this.#body?.destroy();
    this.#stream = undefined;
    return undefined;
  }

  #ask<Result>(first: number, last: number, read: (answer: HttpAnswer) => Promise<Result>): Promise<Result> {
    const isStrong = this.#tag.startsWith('"');
    const headers = { range: `bytes=${first}-${last}`, ...(isStrong ? { 'if-match': this.#tag } : {}) };
    const question = { location: this.#location, method: 'GET', headers } as const;
    return askRemote(this.#access, question, [412, 416], (answer) => {
      const length = /\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1];
      const nBytes = Number(answer.status === 206 ? length : (answer.headers['content-length'] ?? length));
      const isSame =
        (answer.status === 200 || answer.status === 206) &&
        (this.#tag === '' || tagOf(answer) === this.#tag) &&
        (Number.isNaN(nBytes) || nBytes === this.size);
      if (!isSame) {
        answer.body.destroy();
        throw changed(this.#location);
      }
      return read(answer);
    });
  }
}

const changed = (location: RemoteLocation) =>
  new EnvironmentError(`${shown(location)} has changed since it was listed`, {
    action: 'Run the same command again when nothing writes to it any more: it is then read anew.',
  });

const breaks = (location: RemoteLocation, at: number) =>
  new EnvironmentError(`${shown(location)} breaks off at byte ${at}, again and again`, {
    action: 'Check the network, and run the same command again: it goes on with this shard.',
  });

/** A few bytes of a body that holds all. */
async function takeStart(answer: HttpAnswer, position: number, nBytes: number): Promise<Buffer> {
  if (position > 0) {
    answer.body.destroy();
    throw new EnvironmentError('The machine sends whole files only, and this format is read by places', {
      action: 'Download the file, and name the path.',
    });
  }
  const parts: Buffer[] = [];
  let n = 0;
  // Leaving the loop lets go of the rest.
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    parts.push(part);
    n += part.length;
    if (n >= nBytes) break;
  }
  if (n < nBytes) throw new Error('the answer breaks off');
  return Buffer.concat(parts).subarray(0, nBytes);
}

/** The parts of a body behind its first bytes. */
async function* partsAfter(body: AsyncIterable<Buffer>, nSkipped: number): AsyncGenerator<Buffer, undefined> {
  let left = nSkipped;
  for await (const part of body) {
    if (part.length > left) yield part.subarray(left);
    left = Math.max(0, left - part.length);
  }
}
