// Our two URI schemes as a read-only file system, which is what VS Code restores editors from after a reload.
// It holds no text beyond the moment between asking for a text's size and reading it.

import {
  Disposable,
  EventEmitter,
  FilePermission,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  type Uri,
} from 'vscode';
import type { StudyTexts } from './study-texts.ts';

/** Sizes asked for and not read yet. */
const MAX_WAITING = 8;
/** With it a text is read as UTF-8 whatever `files.encoding` says. */
const BYTE_ORDER_MARK = '\uFEFF';
/** A NUL would make VS Code take the text for a binary file. */
const SYMBOL_FOR_NUL = '\u2400';

export class StudyFiles implements FileSystemProvider {
  readonly #texts: Pick<StudyTexts, 'load'>;
  readonly #waiting = new Map<string, Promise<Uint8Array>>();
  readonly onDidChangeFile = new EventEmitter<never>().event;

  constructor(texts: Pick<StudyTexts, 'load'>) {
    this.#texts = texts;
  }

  async stat(uri: Uri): Promise<FileStat> {
    const key = uri.toString();
    const bytes = this.#load(uri);
    this.#waiting.set(key, bytes);
    bytes.catch(() => this.#waiting.delete(key));
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= MAX_WAITING) break;
      this.#waiting.delete(oldest);
    }
    const size = (await bytes).length;
    return { type: FileType.File, ctime: 0, mtime: 0, size, permissions: FilePermission.Readonly };
  }

  readFile(uri: Uri): Promise<Uint8Array> {
    const key = uri.toString();
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting ?? this.#load(uri);
  }

  watch(): Disposable {
    return new Disposable(() => {});
  }

  readDirectory(): [string, FileType][] {
    return [];
  }

  createDirectory(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  delete(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  rename(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  async #load(uri: Uri): Promise<Uint8Array> {
    const text = await this.#texts.load(uri);
    return new TextEncoder().encode(BYTE_ORDER_MARK + text.replaceAll('\0', SYMBOL_FOR_NUL));
  }
}
