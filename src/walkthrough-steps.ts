// Ticks the steps of the walkthrough when what they are about has happened, whichever way: VS Code itself hears only of
// commands that it was asked for.

import { commands } from 'vscode';

export function tickStep(step: 'demo' | 'compare' | 'dashboard' | 'own' | 'map'): void {
  void commands.executeCommand('setContext', `verbatim.did.${step}`, true);
}
