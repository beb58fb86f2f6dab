// The command that begins a plan file.

import { window, workspace } from 'vscode';
import type { CommandMap } from '../command-map.ts';
import { newPlanText } from './plan-lenses.ts';

export function planCommands(): Pick<CommandMap, 'verbatim.newPlan'> {
  return {
    async 'verbatim.newPlan'() {
      const folder = workspace.workspaceFolders?.[0]?.uri;
      const document = await (folder === undefined
        ? workspace.openTextDocument({ language: 'json', content: newPlanText() })
        : workspace.openTextDocument(
            folder.with({ scheme: 'untitled', path: `${folder.path}/study.verbatim.json` }),
          ));
      const editor = await window.showTextDocument(document);
      if (document.getText() !== '') return;
      await editor.edit((edit) => edit.insert(document.positionAt(0), newPlanText()));
    },
  };
}
