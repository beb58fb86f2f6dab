// One study's dashboard in an editor tab: gives the webview what it asks for and opens what is pressed in it.
// It holds nothing but the panel; what it shows is asked for again whenever the webview is made anew.

import {
  type CancellationToken,
  CancellationTokenSource,
  commands,
  type Disposable,
  env,
  l10n,
  type Uri,
  type WebviewPanel,
} from 'vscode';
import { forJson } from '../../guard/text/for-json.ts';
import {
  type Dashboard,
  getDashboard,
  listDashboardFragments,
  measureDashboard,
} from '../../protocol/dashboard.ts';
import type { FromDashboard, ToDashboard } from '../../protocol/dashboard-page.ts';
import { measureMapDashboard } from '../../protocol/map-dashboard.ts';
import { getStudy } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { UserFault } from '../failure.ts';
import { showStatus } from '../notify.ts';
import type { StudyServer } from '../study-server.ts';
import { dashboardPage } from './dashboard-page.ts';
import { openMethod } from './open-method.ts';
import { saveFigure } from './save-figure.ts';

export interface DashboardParts {
  readonly server: Pick<StudyServer, 'request'>;
  readonly errors: ErrorFunnel;
  /** The folder of the bundles. */
  readonly dist: Uri;
  /** Selects a study in the view. */
  readonly reveal: (study: StudyId) => Promise<void>;
}

export class DashboardPanel implements Disposable {
  readonly #panel: WebviewPanel;
  readonly #study: StudyId;
  readonly #parts: DashboardParts;
  readonly #listener: Disposable;
  /** Ends what is being computed when nobody waits for it any more. */
  #measuring = new CancellationTokenSource();

  constructor(panel: WebviewPanel, study: StudyId, parts: DashboardParts) {
    this.#panel = panel;
    this.#study = study;
    this.#parts = parts;
    this.#listener = panel.webview.onDidReceiveMessage((message: FromDashboard) =>
      parts.errors.run(() => this.#answer(message)),
    );
    panel.webview.options = { enableScripts: true, localResourceRoots: [parts.dist] };
    panel.webview.html = dashboardPage(panel.webview, parts.dist, panel.title);
  }

  show(): void {
    this.#panel.reveal();
  }

  /** Shows what is known of the study at once, and what takes longer when it is there. */
  async refresh(): Promise<void> {
    const { server, errors } = this.#parts;
    const study = this.#study;
    this.#measuring.cancel();
    this.#measuring = new CancellationTokenSource();
    const { token } = this.#measuring;
    // An answer may come although nobody waits for it any more: what a newer one said stays.
    const send = async (message: ToDashboard) => {
      if (!token.isCancellationRequested) await this.#send(message);
    };
    try {
      const dashboard = await server.request(getDashboard, { study }, token);
      await send({ kind: 'dashboard', dashboard, strings: l10n.bundle ?? {} });
      if (token.isCancellationRequested) return;
      if (dashboard.summary.map !== undefined) return await this.#measureMap(token, send);
      if (dashboard.overview === null) return;
    } catch (error) {
      const { message, code } = errors.report(error);
      if (code !== 'cancelled') await send({ kind: 'failed', message });
      return;
    }
    try {
      const measures = await server.request(measureDashboard, { study }, token);
      await send({ kind: 'measures', measures });
    } catch (error) {
      const { message, code } = errors.report(error);
      if (code !== 'cancelled') await send({ kind: 'unmeasured', message });
    }
  }

  async #measureMap(token: CancellationToken, send: (message: ToDashboard) => Promise<void>): Promise<void> {
    const { server, errors } = this.#parts;
    try {
      const measures = await server.request(measureMapDashboard, { study: this.#study }, token);
      await send({ kind: 'mapMeasures', measures });
    } catch (error) {
      const { message, code } = errors.report(error);
      if (code !== 'cancelled') await send({ kind: 'unmeasured', message });
    }
  }

  dispose(): void {
    this.#measuring.cancel();
    this.#listener.dispose();
    this.#panel.dispose();
  }

  async #answer(message: FromDashboard): Promise<void> {
    const study = this.#study;
    switch (message.kind) {
      case 'ready':
        return this.refresh();
      case 'listFragments': {
        const { kind: _, request, ...what } = message;
        const page = await this.#parts.server.request(listDashboardFragments, { study, ...what });
        return this.#send({ kind: 'fragments', request, page });
      }
      case 'compare':
        await commands.executeCommand('verbatim.compareFragment', {
          study,
          fingerprint: message.fingerprint,
        });
        return;
      case 'openSample':
        await commands.executeCommand('verbatim.openSample', { study, sampleId: message.sampleId });
        return;
      case 'openRegion':
        await commands.executeCommand('verbatim.openRegion', { study, documentId: message.documentId });
        return;
      case 'showInTree':
        await commands.executeCommand('verbatim.studies.focus');
        return this.#parts.reveal(study);
      case 'searchAgain': {
        const command = message.how === 'soFar' ? 'verbatim.showSoFar' : 'verbatim.showClosest';
        await commands.executeCommand(command, study);
        return;
      }
      case 'openMethod':
        return openMethod(this.#parts.dist, message.section);
      case 'saveFigure':
        return saveFigure(message);
      case 'copy':
        await env.clipboard.writeText(await this.#textOf(message.what));
        showStatus(l10n.t('Copied'), 3_000);
        return;
    }
  }

  async #textOf(what: 'command' | 'plan' | 'prompts'): Promise<string> {
    const { server } = this.#parts;
    const study = this.#study;
    if (what === 'command') return commandOf(await server.request(getDashboard, { study }));
    const { plan } = await server.request(getStudy, { study });
    if (what === 'plan') return forJson(plan, 2);
    return plan.sampling.prompts.map((prompt) => `${forJson(prompt)}\n`).join('');
  }

  async #send(message: ToDashboard): Promise<void> {
    await this.#panel.webview.postMessage(message);
  }
}

function commandOf({ repeat }: Dashboard): string {
  if (repeat.command !== null) return repeat.command;
  throw new UserFault(
    l10n.t(
      'This study cannot be written as a command: a name in its plan holds characters that are not seen.',
    ),
    l10n.t('Copy the plan as JSON instead.'),
  );
}
