// Finds the Python packages that carry CUDA's libraries in a package index, by the index's simple interface (PEP 503
// and 691). Which index that is, pip-settings.ts says.

import { join } from 'node:path';
import { refuseFileName } from '../../../guard/paths/file-name.ts';
import { EnvironmentError, UserError } from '../../errors.ts';

/** Names of files are shorter on every system. */
const MAX_NAME = 255;

interface WheelSource {
  readonly url: string;
  readonly fileName: string;
  /** The file's SHA-256 in hex; null where the index gives none. */
  readonly sha256: string | null;
}

/** The newest build of a package's major version for Linux on x64. */
export async function findWheel(
  index: string,
  name: string,
  major: number,
  signal: AbortSignal,
): Promise<WheelSource> {
  const address = `${index.replace(/\/$/, '')}/${name}/`;
  if (!/^https?:/.test(address) || !URL.canParse(address)) throw notAnIndex(index);
  const page = new URL(address);
  const response = await fetch(page, {
    signal,
    headers: { accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.1' },
  });
  if (!response.ok) {
    throw new EnvironmentError(`${page.host} answered ${response.status} for ${name}`, {
      action: 'Check the index that pip uses, or give a file: --from FILE',
    });
  }
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body = await readText(response, page);
  const files = isJson ? parseJson(body, page) : parseHtml(body, page);
  const pattern = new RegExp(`^${name.replaceAll('-', '_')}-${major}\\.([\\d.]+)-.*linux.*x86_64\\.whl$`);
  const wheels = files.flatMap((wheel) => {
    const version = wheel.fileName.length > MAX_NAME ? undefined : pattern.exec(wheel.fileName)?.[1];
    return version === undefined ? [] : [{ wheel, version: version.split('.').map(Number) }];
  });
  const newest = wheels.sort((a, b) => compareVersions(a.version, b.version)).at(-1);
  if (newest !== undefined) return fromSafePlace(newest.wheel, page);
  throw new EnvironmentError(`${page.host} has no ${name} ${major} for Linux on x64`, {
    action: 'Give a folder that has its libraries: --from FOLDER',
  });
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The file that a wheel is kept in while it comes. An index names its files as it likes: a name that leads elsewhere is refused. */
export function fileOfWheel(
  folder: string,
  { fileName, url }: Pick<WheelSource, 'fileName' | 'url'>,
): string {
  const refusal = refuseFileName(fileName);
  if (refusal === undefined) return join(folder, fileName);
  throw new UserError(`The file that ${new URL(url).host} offers has a name that ${refusal}.`, {
    action: 'Check the index that pip uses, or give a file: --from FILE',
  });
}

/** The index is where the user says, by whatever protocol; from elsewhere nothing comes that could be changed on its way. */
function fromSafePlace(wheel: WheelSource, page: URL): WheelSource {
  const { protocol, origin, host } = new URL(wheel.url);
  if (protocol === 'https:' || origin === page.origin) return wheel;
  throw new EnvironmentError(`${page.host} sends us to ${protocol}//${host}, which is not safe`, {
    action: 'Check the index that pip uses, or give a file: --from FILE',
  });
}

const notAnIndex = (index: string | URL) =>
  new UserError(`${index} is no package index`, {
    action: 'Correct PIP_INDEX_URL, or give a file: --from FILE',
  });

const MAX_INDEX_BYTES = 16 << 20;

async function readText(response: Response, page: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let nBytes = 0;
  for await (const chunk of response.body ?? []) {
    nBytes += chunk.length;
    if (nBytes > MAX_INDEX_BYTES) throw notAnIndex(page);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(body: string, page: URL): readonly WheelSource[] {
  let files: unknown;
  try {
    files = JSON.parse(body)?.files;
  } catch {
    // Told below.
  }
  if (!Array.isArray(files)) throw notAnIndex(page);
  return files.flatMap((file: unknown) => {
    const { filename, url, hashes } = (file ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof filename !== 'string' || typeof url !== 'string' || !URL.canParse(url, page.href)) return [];
    const { sha256 } = (hashes ?? {}) as Readonly<Record<string, unknown>>;
    const isDigest = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
    return [{ fileName: filename, url: new URL(url, page).href, sha256: isDigest ? sha256 : null }];
  });
}

/** The files of a page of links; the fragment of a link holds the file's digest. */
function parseHtml(body: string, page: URL): readonly WheelSource[] {
  // A link at a time: an expression for all of them would read the rest of the page for each.
  return body.split(/<a(?=\s)/i).flatMap((link) => {
    const href = /^[^>]*\shref="([^"]+)"/i.exec(link)?.[1]?.replaceAll('&amp;', '&');
    if (href === undefined || !URL.canParse(href, page.href)) return [];
    const url = new URL(href, page);
    const sha256 = /sha256=([0-9a-f]{64})/.exec(url.hash)?.[1] ?? null;
    url.hash = '';
    return [{ fileName: lastName(url), url: url.href, sha256 }];
  });
}

function lastName({ pathname }: URL): string {
  const name = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // No UTF-8, so it is no name that is looked for.
  }
}
