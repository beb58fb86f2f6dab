// The places of study files: in the workspace's `.verbatim` folder, in the extension's own storage when no folder
// is open or it is not trusted, and wherever the user opened one from. It knows paths only, no contents.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CancellationError, l10n, type Memento, type Uri, window, workspace } from 'vscode';
import { contained } from '../../guard/paths/contained.ts';
import { forLabel } from '../../guard/text/for-label.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';

const FOLDER = '.verbatim';
const BASELINE = '.verbatim-baseline.json';
const OPENED_KEY = 'openedStudies';

export class StudyLocation {
  readonly #storage: string;
  readonly #memento: Memento;
  readonly #gate: Pick<WorkspaceGate, 'admits'>;

  constructor(storage: string, memento: Memento, gate: Pick<WorkspaceGate, 'admits'>) {
    this.#storage = storage;
    this.#memento = memento;
    this.#gate = gate;
  }

  /** Folders that are looked through for studies; not those of a workspace that is not trusted. */
  folders(): readonly string[] {
    return this.#existing().filter((folder) => this.#gate.admits(folder));
  }

  /** The folder whose studies agents may ask about: that of the first folder which is open, or the extension's own. */
  studiesFolder(): string {
    const local = (workspace.workspaceFolders ?? []).find(({ uri }) => uri.scheme === 'file');
    return local === undefined || !workspace.isTrusted ? this.#storage : join(local.uri.fsPath, FOLDER);
  }

  /** Whether the workspace has studies that are not shown, since it is not trusted. */
  hasClosedFolder(): boolean {
    return this.#existing().some((folder) => !this.#gate.admits(folder));
  }

  #existing(): readonly string[] {
    const local = (workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => join(uri.fsPath, FOLDER));
    return [...local, this.#storage].filter((folder) => existsSync(folder));
  }

  /** Whether the view will have rows, by the names of files. */
  expectsStudies(): boolean {
    const hasStudy = (folder: string) => readdirSync(folder).some((name) => name.endsWith('.sqlite'));
    return this.opened().length > 0 || this.hasClosedFolder() || this.folders().some(hasStudy);
  }

  /** Whether the view lists it, so that a link may name it. */
  isListed(study: StudyId): boolean {
    return this.opened().includes(study) || this.folders().some((folder) => contained(folder, study));
  }

  /** Study files from elsewhere that the user opened in this workspace. */
  opened(): readonly StudyId[] {
    return this.#memento.get<readonly StudyId[]>(OPENED_KEY, []);
  }

  async open(study: StudyId): Promise<void> {
    if (this.isListed(study)) return;
    await this.#memento.update(OPENED_KEY, [...this.opened(), study]);
  }

  async forget(study: StudyId): Promise<void> {
    await this.#memento.update(
      OPENED_KEY,
      this.opened().filter((other) => other !== study),
    );
  }

  /** The file of the demo's study, be it there or not. */
  async demoFile(): Promise<StudyId> {
    return join(await this.#newFolder(), 'demo.sqlite');
  }

  /** A file that does not exist yet, named after the model. */
  async newFile(model: string): Promise<StudyId> {
    const folder = await this.#newFolder();
    const name = basename(model).replaceAll(/[^\p{L}\p{N}._-]+/gu, '-') || 'study';
    for (let n = 1; ; n++) {
      const file = join(folder, n === 1 ? `${name}.sqlite` : `${name}-${n}.sqlite`);
      if (!existsSync(file)) return file;
    }
  }

  /** The workspace's baseline file, there or not; null where no folder is open, or none that is trusted. */
  baselineFile(): string | null {
    const root = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
    return root === undefined || !workspace.isTrusted ? null : join(root.fsPath, BASELINE);
  }

  /** Asks which, where several folders are open. A study in one is kept out of its version control. */
  async #newFolder(): Promise<string> {
    const root = workspace.isTrusted ? await chosenRoot() : undefined;
    const folder = root === undefined ? this.#storage : join(root.fsPath, FOLDER);
    mkdirSync(folder, { recursive: true });
    const ignored = join(folder, '.gitignore');
    if (root !== undefined && !existsSync(ignored)) writeFileSync(ignored, '*\n');
    return folder;
  }
}

/** Undefined where no folder of this machine is open. */
async function chosenRoot(): Promise<Uri | undefined> {
  const local = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (local.length < 2) return local[0]?.uri;
  const items = local.map(({ name, uri }) => ({
    label: forLabel(name),
    description: forLabel(uri.fsPath),
    uri,
  }));
  const title = l10n.t('Which folder is the study for?');
  const chosen = await window.showQuickPick(items, { title });
  if (chosen === undefined) throw new CancellationError();
  return chosen.uri;
}
