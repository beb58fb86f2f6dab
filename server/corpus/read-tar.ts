// The members of a tar archive, a document each. Where members of one name but for its ending stand together and one of
// them is JSON, as WebDataset has them, that one tells where the others come from.

import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { throwIfAborted } from '../errors.ts';
import { decodeText } from '../text/decode-text.ts';
import { JsonValues } from '../text/json-values.ts';
import { notebookText } from '../text/notebook.ts';
import { parseObject } from '../text/parse-json.ts';
import { readUnpacked, type StreamOptions } from './byte-stream.ts';
import { chooseColumns } from './columns.ts';
import type { CorpusDocument } from './corpus-document.ts';
import { isBinary, isPicture } from './first-bytes.ts';
import { statedLicense } from './folder-provenance.ts';
import { jsonContent } from './json-content.ts';
import { parseRow } from './parse-row.ts';
import type { Shard } from './shard.ts';
import { shardFormat } from './shard-format.ts';
import { licenseOfText, spdxLicense } from './spdx-license.ts';

const MAX_MEMBER_BYTES = 256 << 20;
/** So much of a group is held until its next member. */
const MAX_GROUP_BYTES = 64 << 20;

interface Member {
  readonly path: string;
  readonly bytes: Buffer;
}

export async function* readTar(shard: Shard, options: StreamOptions): AsyncGenerator<CorpusDocument> {
  const unread = new Unread(shard, options);
  const license = new Licenses();
  const repository = basename(shard.name).replace(/\.(tar(\.\w+)?|t[a-z]+\d?)$/i, '');
  let row = 0;
  for await (const group of groupsOf(membersOf(shard, options, unread))) {
    for (const member of group) license.learn(member);
    for (const { path, text, ...stated } of documentsOf(group, shard, unread)) {
      yield {
        row: row++,
        byteOffset: 0,
        repository: stated.repository || repository,
        path,
        license: stated.license || statedLicense(text) || license.of(path),
        text,
      };
    }
  }
  unread.report();
}

async function* membersOf(shard: Shard, options: StreamOptions, unread: Unread): AsyncGenerator<Member> {
  const archive = extract();
  pipeline(Readable.from(copied(readUnpacked(shard, options)), { objectMode: false }), archive, () => {});
  try {
    for await (const entry of archive) {
      throwIfAborted(options.signal);
      const { name, type, size = 0 } = entry.header;
      const pieces: Buffer[] = [];
      const isRead = (type === 'file' || type === 'contiguous-file') && size <= MAX_MEMBER_BYTES;
      for await (const piece of entry) {
        options.onBytes(0);
        if (isRead) pieces.push(piece);
      }
      if (isRead) yield { path: name, bytes: Buffer.concat(pieces) };
      else if (size > MAX_MEMBER_BYTES) unread.add(`of more than ${MAX_MEMBER_BYTES} bytes`, name);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!/tar header|end of data|Premature|invalid|unknown/i.test(message)) throw error;
    const kind = /end of data|premature/i.test(message) ? 'truncated' : 'corrupt';
    options.onProblem({
      kind,
      shard: shard.name,
      byteOffset: 0,
      message: `${shard.path} is no whole tar archive (${message})`,
    });
  }
}

async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield new Uint8Array(chunk);
}

/** Members that stand together and whose names are equal up to the first dot of the last part. */
async function* groupsOf(members: AsyncGenerator<Member>): AsyncGenerator<readonly Member[]> {
  let group: Member[] = [];
  let key: string | undefined;
  let nBytes = 0;
  for await (const member of members) {
    const own = member.path.replace(/(?<=[^/])\.[^/]*$/, '');
    if (own !== key || nBytes > MAX_GROUP_BYTES) {
      if (group.length > 0) yield group;
      group = [];
      nBytes = 0;
    }
    key = own;
    group.push(member);
    nBytes += member.bytes.length;
  }
  if (group.length > 0) yield group;
}

interface Found {
  readonly path: string;
  readonly repository: string;
  readonly license: string;
  readonly text: Uint8Array;
}

function* documentsOf(group: readonly Member[], shard: Shard, unread: Unread): Generator<Found> {
  const facts = group.length > 1 ? group.map((member) => factsOf(member, shard)).find(Boolean) : undefined;
  for (const { path, bytes } of group) {
    if (facts?.member === path) continue;
    const format = shardFormat(path);
    if (format !== undefined && format !== 'jsonl') unread.add('that are packed or hold others', path);
    else if (format === 'jsonl' || (/\.json$/i.test(path) && jsonContent(bytes, shard.columns) === 'rows')) {
      yield* rowsOf(bytes, shard, path, unread);
    } else {
      const text = /\.ipynb$/i.test(path) ? notebookText(bytes) : decodeText(bytes);
      if (text === undefined) unread.add('that are called .ipynb and no notebooks', path);
      else if (!isBinary(text)) {
        const { repository = '', license = '' } = facts ?? {};
        if (text.length > 0) yield { path: facts?.path || path, repository, license, text };
      } else if (!isPicture(bytes)) unread.add('that are no text', path);
    }
  }
}

interface Facts {
  /** The member that tells them. */
  readonly member: string;
  readonly repository: string;
  readonly path: string;
  readonly license: string;
}

/** What a JSON member beside others tells of them; undefined for one that is a document or holds some. */
function factsOf({ path, bytes }: Member, shard: Shard): Facts | undefined {
  const values = /\.json$/i.test(path) ? parseObject(decodeText(bytes)) : 'not-json';
  if (values === 'not-json') return undefined;
  const names = chooseColumns(shard.columns, (name) => values.has(name));
  const tell = (name: string) => {
    const value = values.get(name);
    const parts = value === undefined ? [] : value.kind === 'string' ? [value.bytes] : value.items;
    return parts.map((part) => new TextDecoder().decode(part)).join(' OR ');
  };
  const facts = { repository: tell(names.repository), path: tell(names.path), license: tell(names.license) };
  const isTold = Object.values(facts).some((fact) => fact !== '');
  return isTold && !values.has(names.content) ? { member: path, ...facts } : undefined;
}

function* rowsOf(bytes: Buffer, shard: Shard, path: string, unread: Unread): Generator<Found> {
  const lines = Buffer.from(new JsonValues().push(decodeText(bytes)));
  let names: ReturnType<typeof chooseColumns> | undefined;
  for (let from = 0; from < lines.length; ) {
    const lf = lines.indexOf(0x0a, from);
    const end = lf < 0 ? lines.length : lf;
    const line = lines.subarray(from, end);
    from = end + 1;
    if (line.every((byte) => byte <= 0x20)) continue;
    const values = names ? undefined : parseObject(line);
    if (values instanceof Map) names = chooseColumns(shard.columns, (name) => values.has(name));
    const row = parseRow(line, names);
    if (typeof row === 'string') unread.add('with rows that hold no text', path);
    else
      yield { path: row.path || path, repository: row.repository, license: row.license, text: row.content };
  }
}

/** Licences that stand in an archive beside what they are of. */
class Licenses {
  readonly #ofFolder = new Map<string, string>();

  learn({ path, bytes }: Member): void {
    const folder = folderOf(path);
    const name = path.slice(folder.length);
    const text = bytes.subarray(0, 64 << 10).toString();
    const manifest = name === 'package.json' ? /"license"\s*:\s*"([^"]+)"/.exec(text)?.[1] : undefined;
    const isText = /^(LICEN[CS]E|COPYING)(\.(txt|md))?$/.test(name);
    const license = manifest ? spdxLicense(manifest) : isText ? licenseOfText(text) : '';
    if (license) this.#ofFolder.set(folder, license);
  }

  of(path: string): string {
    for (let folder = folderOf(path); ; folder = folderOf(folder.slice(0, -1))) {
      const license = this.#ofFolder.get(folder);
      if (license !== undefined || folder === '') return license ?? '';
    }
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** Members that are not read: counted by the reason, and named once. */
class Unread {
  readonly #shard: Shard;
  readonly #options: StreamOptions;
  readonly #of = new Map<string, { n: number; readonly first: string }>();

  constructor(shard: Shard, options: StreamOptions) {
    this.#shard = shard;
    this.#options = options;
  }

  add(reason: string, path: string): void {
    const known = this.#of.get(reason);
    if (known) known.n++;
    else this.#of.set(reason, { n: 1, first: path });
  }

  report(): void {
    for (const [reason, { n, first }] of this.#of) {
      const message = `${this.#shard.path}: ${n} members ${reason} are not read, the first is ${first} (unpack the archive to have them searched)`;
      this.#options.onProblem({ kind: 'unreadable', shard: this.#shard.name, byteOffset: 0, message });
    }
  }
}
