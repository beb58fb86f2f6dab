// The dashboards that are open: one panel a study, brought to the front when it is asked for again, and made
// anew by VS Code after a reload.

import { basename } from 'node:path';
import {
  type Disposable,
  l10n,
  Uri,
  ViewColumn,
  type WebviewPanel,
  type WebviewPanelSerializer,
  window,
} from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { DashboardState } from '../../protocol/dashboard-page.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { StudyRuns } from '../studies/study-runs.ts';
import { tickStep } from '../walkthrough-steps.ts';
import { DashboardPanel, type DashboardParts } from './dashboard-panel.ts';

const VIEW_TYPE = 'verbatim.dashboard';

export class Dashboards implements WebviewPanelSerializer<DashboardState>, Disposable {
  readonly #parts: DashboardParts;
  readonly #open = new Map<StudyId, DashboardPanel>();
  readonly #registrations: readonly Disposable[];

  constructor(parts: DashboardParts, runs: StudyRuns) {
    this.#parts = parts;
    this.#registrations = [
      window.registerWebviewPanelSerializer(VIEW_TYPE, this),
      runs.onDidChange((study) => {
        // Results are there at a run's end; while it runs nothing is known yet.
        if (runs.get(study) === undefined) void this.#open.get(study)?.refresh();
      }),
    ];
  }

  show(study: StudyId): void {
    tickStep('dashboard');
    const known = this.#open.get(study);
    if (known !== undefined) {
      known.show();
      return;
    }
    const name = basename(study).replace(/\.sqlite$/, '');
    const title = l10n.t('{0} – Dashboard', forLabel(name));
    this.#adopt(window.createWebviewPanel(VIEW_TYPE, title, ViewColumn.Active), study);
  }

  async deserializeWebviewPanel(panel: WebviewPanel, state: DashboardState | undefined): Promise<void> {
    if (typeof state?.study === 'string') this.#adopt(panel, state.study);
    else panel.dispose(); // It was closed before it knew its study.
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
    for (const panel of this.#open.values()) panel.dispose();
  }

  #adopt(panel: WebviewPanel, study: StudyId): void {
    const icon = (name: string) => Uri.joinPath(this.#parts.dist, '..', 'media', 'icons', name);
    panel.iconPath = { light: icon('verbatim.svg'), dark: icon('verbatim-on-dark.svg') };
    const dashboard = new DashboardPanel(panel, study, this.#parts);
    this.#open.set(study, dashboard);
    panel.onDidDispose(() => {
      this.#open.delete(study);
      dashboard.dispose();
    });
  }
}
