// Our URI schemes as a read-only file system, which is what VS Code restores editors from after a reload.
// It holds no text beyond the moment between getting it, or being asked for its size, and its being read.

import {
  Disposable,
  EventEmitter,
  type FileChangeEvent,
  FileChangeType,
  FilePermission,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  type Uri,
  workspace,
} from 'vscode';
import { forNotification } from '../../guard/text/for-notification.ts';
import { failureOf } from '../failure.ts';
import type { StudyTexts } from './study-texts.ts';
import { isOurText } from './text-ref.ts';

/** Texts whose sizes were asked for and that have not been read yet. */
const MAX_WAITING = 8;
/** A text that begins with it is read as UTF-8 whatever `files.encoding` says. */
const BYTE_ORDER_MARK = '\uFEFF';
/** A NUL would make VS Code take the text for a binary file. */
const SYMBOL_FOR_NUL = '\u2400';

export class StudyFiles implements FileSystemProvider {
  readonly #texts: Pick<StudyTexts, 'load'>;
  readonly #waiting = new Map<string, Promise<Uint8Array>>();
  /** Texts that came with an answer, for editors that are about to open; by URI. */
  readonly #handed = new Map<string, Uint8Array>();
  readonly #changed = new EventEmitter<FileChangeEvent[]>();
  /** An open editor reads a file again when its time has changed. */
  #mtime = 0;

  readonly onDidChangeFile = this.#changed.event;

  constructor(texts: Pick<StudyTexts, 'load'>) {
    this.#texts = texts;
  }

  /** Keeps texts while `open` opens editors of them, which then need not ask for them. */
  async openWith(texts: readonly (readonly [Uri, string])[], open: () => PromiseLike<void>): Promise<void> {
    for (const [uri, text] of texts) this.#handed.set(uri.toString(), encode(text));
    try {
      await open();
    } finally {
      for (const [uri] of texts) this.#handed.delete(uri.toString());
    }
  }

  /** Has the texts in open editors read anew, since what is shown of them has changed. */
  readAgain(): void {
    this.#mtime++;
    this.#waiting.clear();
    this.#handed.clear();
    const open = workspace.textDocuments.filter(({ uri }) => isOurText(uri));
    this.#changed.fire(open.map(({ uri }) => ({ type: FileChangeType.Changed, uri })));
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
    return { type: FileType.File, ctime: 0, mtime: this.#mtime, size, permissions: FilePermission.Readonly };
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
    try {
      return this.#handed.get(uri.toString()) ?? encode(await this.#texts.load(uri));
    } catch (error) {
      // VS Code shows what a file system throws in notifications of its own.
      if (error instanceof FileSystemError) throw error;
      throw FileSystemError.Unavailable(forNotification(failureOf(error).message));
    }
  }
}

const encode = (text: string) =>
  new TextEncoder().encode(BYTE_ORDER_MARK + text.replaceAll('\0', SYMBOL_FOR_NUL));
