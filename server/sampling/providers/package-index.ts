// Finds the Python package that carries CUDA's provider for the runtime's version in a package index, by the
// index's simple interface (PEP 503 and 691). Which index that is, the user's own settings for pip say.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { refuseFileName } from '../../../guard/paths/file-name.ts';
import { EnvironmentError, UserError } from '../../errors.ts';

interface WheelSource {
  readonly url: string;
  readonly fileName: string;
  /** The file's SHA-256 in hex; null where the index gives none. */
  readonly sha256: string | null;
}

const PACKAGE = 'onnxruntime-gpu';

/** The index that pip is set to use, or null where nothing says so. */
export function configuredIndex(environment: NodeJS.ProcessEnv = process.env): string | null {
  if (environment.PIP_INDEX_URL) return environment.PIP_INDEX_URL;
  for (const [command, ...prefix] of [['pip3'], ['pip'], ['python3', '-m', 'pip']] as const) {
    const asked = spawnSync(command, [...prefix, 'config', 'get', 'global.index-url'], {
      encoding: 'utf8',
      env: environment,
      timeout: 10_000,
    });
    if (asked.status === 0 && asked.stdout.trim() !== '') return asked.stdout.trim();
  }
  return null;
}

/** The newest build of this version for Linux on x64; any Python's will do, since only its libraries are used. */
export async function findWheel(index: string, version: string, signal: AbortSignal): Promise<WheelSource> {
  const page = new URL(`${index.replace(/\/$/, '')}/${PACKAGE}/`);
  const response = await fetch(page, {
    signal,
    headers: { accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.1' },
  });
  if (!response.ok) {
    throw new EnvironmentError(`${page.host} answered ${response.status} for ${PACKAGE}`, {
      action: 'Check the index that pip uses, or give a file: --from FILE',
    });
  }
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body = await response.text();
  const files = isJson ? parseJson(body, page) : parseHtml(body, page);
  const pattern = new RegExp(`^onnxruntime_gpu-${version.replaceAll('.', '\\.')}-.*linux.*x86_64\\.whl$`);
  const wheel = files.filter(({ fileName }) => pattern.test(fileName)).at(-1);
  if (wheel !== undefined) return wheel;
  throw new EnvironmentError(`${page.host} has no ${PACKAGE} ${version} for Linux on x64`, {
    action: 'Give a file or a folder that has its libraries: --from PATH',
  });
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

function parseJson(body: string, page: URL): readonly WheelSource[] {
  const { files } = JSON.parse(body) as {
    readonly files: readonly {
      readonly filename: string;
      readonly url: string;
      readonly hashes?: { readonly sha256?: string };
    }[];
  };
  return files.map(({ filename, url, hashes }) => ({
    fileName: filename,
    url: new URL(url, page).href,
    sha256: hashes?.sha256 ?? null,
  }));
}

/** The files of a page of links; the fragment of a link holds the file's digest. */
function parseHtml(body: string, page: URL): readonly WheelSource[] {
  return [...body.matchAll(/<a\s[^>]*href="([^"]+)"/gi)].map(([, href]) => {
    const url = new URL(href!.replaceAll('&amp;', '&'), page);
    const sha256 = /sha256=([0-9a-f]{64})/.exec(url.hash)?.[1] ?? null;
    url.hash = '';
    return { fileName: decodeURIComponent(url.pathname.split('/').at(-1) ?? ''), url: url.href, sha256 };
  });
}
