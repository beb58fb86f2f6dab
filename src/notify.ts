// The only file that gives VS Code's window a message. A link in one would be a command at a click, and names, paths
// and the server's words may hold text that reads as a link: all of every message is encoded here.

import { type CancellationToken, type Progress, ProgressLocation, window } from 'vscode';
import { forLabel } from '../guard/text/for-label.ts';
import { forNotification } from '../guard/text/for-notification.ts';

/** Shows an error. Gives the button that was pressed, or undefined if it was closed. */
export const showError = (text: string, ...buttons: readonly string[]): Thenable<string | undefined> =>
  window.showErrorMessage(forNotification(text), ...buttons);

export const showInformation = (text: string, ...buttons: readonly string[]): Thenable<string | undefined> =>
  window.showInformationMessage(forNotification(text), ...buttons);

/** Asks in a dialog, and tells whether the button was pressed. */
export async function confirm(question: string, detail: string, button: string): Promise<boolean> {
  const options = { modal: true, detail: forNotification(detail) };
  return (await window.showWarningMessage(forNotification(question), options, button)) === button;
}

/** Shows a text in the status bar for a while. */
export function showStatus(text: string, forMs: number): void {
  window.setStatusBarMessage(forLabel(text), forMs);
}

/** Shows a notification while `work` goes on; its button cancels the token. */
export function withNotification<Result>(
  title: string,
  work: (report: (text: string) => void, token: CancellationToken) => Thenable<Result>,
): Thenable<Result> {
  const options = {
    location: ProgressLocation.Notification,
    title: forNotification(title),
    cancellable: true,
  };
  return window.withProgress(options, (progress: Progress<{ message?: string }>, token) =>
    work((text) => progress.report({ message: forNotification(text) }), token),
  );
}
