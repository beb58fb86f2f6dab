// The objects of a bucket whose keys begin alike, and what a single file on another machine is.

import { EnvironmentError } from '../errors.ts';
import { readBody } from '../net/http-request.ts';
import { type RemoteFacts, tagOf } from './remote-file.ts';
import type { RemoteLocation } from './remote-location.ts';
import { askRemote, type RemoteAccess, shown } from './remote-request.ts';

export interface ListedObject extends RemoteFacts {
  readonly key: string;
}

const MOST_PAGE_BYTES = 16 << 20;
/** A thousand objects a page. */
const MOST_PAGES = 2000;
const MOST_OBJECTS = 2_000_000;

/** In the order of their keys. Rejects as `askRemote` does, and with `EnvironmentError` for a list without an end. */
export async function listObjects(
  access: RemoteAccess,
  bucket: string,
  prefix: string,
): Promise<readonly ListedObject[]> {
  const location = { kind: 's3', bucket, key: '' } as const;
  const objects: ListedObject[] = [];
  let token: string | undefined;
  for (let n = 0; n < MOST_PAGES; n++) {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix,
      ...(token === undefined ? {} : { 'continuation-token': token }),
    };
    const page = await askRemote(access, { location, method: 'GET', query }, [], async (answer) =>
      readPage((await readBody(answer, MOST_PAGE_BYTES)).toString('utf8')),
    );
    for (const object of page.objects) objects.push(object);
    if (objects.length > MOST_OBJECTS) break;
    if (page.next === undefined) return objects;
    token = page.next;
  }
  throw new EnvironmentError(
    `s3://${bucket}/${prefix} has more than ${MOST_OBJECTS} objects, or a list without an end`,
    {
      action: 'Name a part of it.',
    },
  );
}

/** Throws for what is no list, which is asked for again. */
function readPage(xml: string): {
  readonly objects: readonly ListedObject[];
  readonly next: string | undefined;
} {
  if (!xml.includes('<ListBucketResult')) throw new Error('what came is no list of objects');
  const objects: ListedObject[] = [];
  for (const part of xml.split('<Contents>').slice(1)) {
    const key = decodeKey(elementOf(part, 'Key') ?? '');
    const nBytes = Number(elementOf(part, 'Size'));
    const tag = decodeEntities(elementOf(part, 'ETag') ?? '');
    if (key === undefined || key === '' || !Number.isSafeInteger(nBytes) || nBytes < 0)
      throw new Error('what came is no list of objects');
    // Some stores leave the quotation marks out, and answers have them.
    objects.push({ key, nBytes, tag: tag === '' || tag.startsWith('"') ? tag : `"${tag}"` });
  }
  const isCut = elementOf(xml, 'IsTruncated') === 'true';
  const next = elementOf(xml, 'NextContinuationToken');
  return { objects, next: isCut && next !== undefined ? decodeEntities(next) : undefined };
}

function elementOf(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  const end = xml.indexOf(`</${name}>`, start);
  return start < 0 || end < 0 ? undefined : xml.slice(start + name.length + 2, end);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decodeEntities = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/** Keys are listed encoded as in addresses, where a blank may be a plus. */
function decodeKey(text: string): string | undefined {
  try {
    return decodeURIComponent(decodeEntities(text).replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Size and tag of one file. A machine that answers no question about it is asked for its first byte. */
export async function describeFile(access: RemoteAccess, location: RemoteLocation): Promise<RemoteFacts> {
  const first = { location, method: 'GET', headers: { range: 'bytes=0-0' } } as const;
  const facts = await askRemote(access, first, [416], async (answer) => {
    answer.body.destroy();
    const total = /\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1];
    const nBytes = Number(answer.status === 200 ? answer.headers['content-length'] : total);
    return { nBytes, tag: tagOf(answer) };
  });
  if (Number.isSafeInteger(facts.nBytes) && facts.nBytes >= 0) return facts;
  throw new EnvironmentError(`${shown(location)}: its machine does not say how long it is`, {
    action: 'Download it, and name the path.',
  });
}
