// The gate in front of everything that opens files: while the workspace is not trusted, nothing of it is opened. Every
// request passes here, so that no command, link, lens or restored editor can go around it.

import { l10n, workspace } from 'vscode';
import type { ClosedFolders } from '../../protocol/requests.ts';
import { UserFault } from '../failure.ts';
import { NEEDS_NO_TRUST_OUTSIDE } from './message-trust.ts';
import { howToTrust, requireTrust } from './require-trust.ts';
import { isOfWorkspace, pathsIn, type WorkspacePaths } from './workspace-paths.ts';

export class WorkspaceGate {
  readonly #own: readonly string[];

  /** `own` are the extension's folders. */
  constructor(own: readonly string[]) {
    this.#own = own;
  }

  /** Whether a path may be opened now. */
  admits(path: string): boolean {
    return workspace.isTrusted || !isOfWorkspace(this.#paths(), path);
  }

  /** Throws where the workspace would have to be trusted for a request. */
  check(method: string, params: unknown): void {
    if (workspace.isTrusted) return;
    if (!NEEDS_NO_TRUST_OUTSIDE.has(method)) {
      requireTrust(l10n.t('Plans, baselines and texts are only read in trusted workspaces.'));
    }
    this.requireAdmitted(pathsIn(params));
  }

  /** Throws for the first path that is of a workspace which is not trusted. */
  requireAdmitted(paths: readonly string[]): void {
    const refused = paths.find((path) => !this.admits(path));
    if (refused === undefined) return;
    throw new UserFault(
      l10n.t('{0} belongs to this workspace, which is not trusted, and is not opened.', refused),
      howToTrust(),
    );
  }

  /** Folders in which the server must open no training data, for studies that may name any. */
  closedFolders(): ClosedFolders | undefined {
    if (workspace.isTrusted) return undefined;
    const { folders, own } = this.#paths();
    return { folders, except: own };
  }

  #paths(): WorkspacePaths {
    const folders = (workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => uri.fsPath);
    return { folders, own: this.#own };
  }
}
