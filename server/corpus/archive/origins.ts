// What an archive says of where its members come from: licences that lie beside them, and the names of packages.

import { parseObject } from '../../text/parse-json.ts';
import { licenseOfText, spdxLicense } from '../spdx-license.ts';

/** So much of a member is looked at. */
export const ORIGIN_BYTES = 64 << 10;

/** No system unpacks longer ones, and all folders of a path are asked for. */
const LONGEST_PATH = 4096;

/** Whether a member may tell of others. */
export const tellsOrigin = (path: string): boolean =>
  /(^|\/)((LICEN[CS]E|COPYING)(\.(txt|md))?|package\.json|[^/]+\.dist-info\/METADATA)$/.test(path);

export class Origins {
  readonly #licenses = new Map<string, string>();
  #package = '';

  /** `start`: the member's beginning. */
  learn(path: string, start: Uint8Array): void {
    if (!tellsOrigin(path)) return;
    const folder = folderOf(path);
    const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, ORIGIN_BYTES)).toString();
    // What a wheel says of itself holds for all of it.
    if (path.endsWith('/METADATA')) this.#set('', licenseOfMetadata(text), /^Name: *(.+)$/m.exec(text)?.[1]);
    else if (path.endsWith('package.json')) {
      const manifest = parseObject(start);
      const name = manifest === 'not-json' ? undefined : manifest.get('name');
      const isOuter = folder === '' || folder.indexOf('/') === folder.length - 1;
      const license = /"license"\s*:\s*"([^"]+)"/.exec(text)?.[1];
      this.#set(
        folder,
        license ? spdxLicense(license) : '',
        isOuter && name?.kind === 'string' ? Buffer.from(name.bytes).toString() : undefined,
      );
    } else if (!this.#licenses.has(folder)) this.#set(folder, licenseOfText(text), undefined);
  }

  #set(folder: string, license: string, name: string | undefined): void {
    if (license) this.#licenses.set(folder, license);
    if (name) this.#package ||= name.trim();
  }

  /** The name of the package that the archive is; empty where it does not say. */
  get package(): string {
    return this.#package;
  }

  licenseOf(path: string): string {
    if (path.length > LONGEST_PATH) return '';
    for (let folder = folderOf(path); ; folder = folderOf(folder.slice(0, -1))) {
      const license = this.#licenses.get(folder);
      if (license !== undefined || folder === '') return license ?? '';
    }
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

function licenseOfMetadata(text: string): string {
  const stated = /^License-Expression: *(.+)$/m.exec(text)?.[1] ?? /^License: *(\S.{0,99})$/m.exec(text)?.[1];
  if (stated && stated.trim() !== 'UNKNOWN') return spdxLicense(stated.trim());
  const classified = /^Classifier: License :: (?:OSI Approved :: )?(.+)$/m.exec(text)?.[1];
  return classified ? spdxLicense(classified.trim()) : '';
}
