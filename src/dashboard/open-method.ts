// Opens docs/method.md, which comes with the extension, at one of its sections.

import { commands, Uri } from 'vscode';

export async function openMethod(dist: Uri, section: string): Promise<void> {
  const page = Uri.joinPath(dist, '..', 'docs', 'method.md');
  await commands.executeCommand('markdown.showPreview', page.with({ fragment: section }));
}
