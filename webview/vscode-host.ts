// The extension at the other end of the webview: messages there and back, and the state that VS Code keeps for
// the next time.

import type { DashboardState, FromDashboard, ToDashboard } from '../protocol/dashboard-page.ts';

interface VsCodeApi {
  postMessage(message: FromDashboard): void;
  getState(): DashboardState | undefined;
  setState(state: DashboardState): void;
}

/** VS Code gives this to every webview, once. */
declare function acquireVsCodeApi(): VsCodeApi;

export class VsCodeHost {
  readonly #api = acquireVsCodeApi();

  send(message: FromDashboard): void {
    this.#api.postMessage(message);
  }

  onMessage(listener: (message: ToDashboard) => void): void {
    window.addEventListener('message', ({ data }: MessageEvent<ToDashboard>) => listener(data));
  }

  get state(): DashboardState | undefined {
    return this.#api.getState();
  }

  keep(state: DashboardState): void {
    this.#api.setState(state);
  }
}
