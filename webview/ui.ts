// The one place that knows which library draws the controls: @vscode/webview-ui-toolkit, which is archived.
// Whoever replaces it replaces this file.

import { provideVSCodeDesignSystem, vsCodeButton } from '@vscode/webview-ui-toolkit';
import { element } from './element.ts';

/** Called before the page has loaded, so that the toolkit takes its colours from the theme. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton());
}

export function button(
  text: string,
  look: 'primary' | 'secondary' | 'icon',
  onPress: () => void,
): HTMLElement {
  const made = element('vscode-button', { appearance: look }, text);
  made.addEventListener('click', onPress);
  return made;
}

/** The toolkit's own has inline styles, which the page's policy stops. */
export function tag(text: string): HTMLElement {
  return element('span', { class: 'tag' }, text);
}
