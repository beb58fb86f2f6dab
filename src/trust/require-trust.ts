// What a workspace may make happen only once the user trusts it.

import { l10n, workspace } from 'vscode';
import { UserFault } from '../failure.ts';

/** `reason` is the sentence that says what is not done. */
export function requireTrust(reason: string): void {
  if (workspace.isTrusted) return;
  throw new UserFault(reason, howToTrust());
}

export const howToTrust = (): string =>
  l10n.t('Trust the workspace first (Workspaces: Manage Workspace Trust).');
