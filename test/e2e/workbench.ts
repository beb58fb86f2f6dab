// What a user does in VS Code's workbench, as steps for Playwright. It knows the workbench's page, not what the
// tests are about.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';

/** How long a palette is looked at before it is opened again. */
const REOPEN_MS = 10_000;

const SHOTS = join(import.meta.dirname, 'shots');
/** `VERBATIM_SHOTS=1` takes a picture of every stage; what failed is always seen. */
export const TAKES_SHOTS = process.env.VERBATIM_SHOTS !== undefined;

/** Each with its name in the settings and the class that the window has under it. */
export const THEMES = [
  ['light', 'Default Light Modern', 'vs'],
  ['dark', 'Default Dark Modern', 'vs-dark'],
  ['contrast', 'Default High Contrast', 'hc-black'],
] as const;

export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /**
   * Types into the palette and takes the first command that is offered. The palette offers what was known when it
   * opened, so in a window that has just come up it is opened again.
   */
  async runCommand(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const giveUpAt = Date.now() + WAIT_LIMIT_MS;
    for (;;) {
      await this.#leaveTree();
      await this.page.keyboard.press('F1');
      await input.waitFor({ state: 'visible' });
      await input.fill(`>${title}`);
      const row = this.quickPickRow(title);
      if (Date.now() > giveUpAt) await row.waitFor();
      const isOffered = await row.waitFor({ timeout: REOPEN_MS }).then(
        () => true,
        () => false,
      );
      if (isOffered) break;
      await this.page.keyboard.press('Escape');
    }
    await this.page.keyboard.press('Enter');
  }

  /**
   * A tree that VS Code has drawn again takes the keyboard if it had it before, and so closes a list that was opened
   * meanwhile: a view learns that it lost the keyboard by a timer, which a busy window fires late. A study that ends
   * is drawn again, so the tree is left before anything is opened.
   */
  async #leaveTree(): Promise<void> {
    await this.page.evaluate(`new Promise((left) => {
      if (document.activeElement?.closest('.pane .monaco-list')) document.activeElement.blur();
      setTimeout(() => setTimeout(left));
    })`);
  }

  /** In VS Code's own file dialog, which a browser shows instead of the system's. */
  async acceptFolder(path: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const accept = this.page.locator('.quick-input-widget .monaco-button:visible', { hasText: /^(OK|Use )/ });
    await accept.waitFor();
    // The dialog writes where it starts, and completes what is typed, each in its own time.
    do {
      await input.fill(`${path}/`);
      await this.page.waitForTimeout(300);
    } while ((await input.inputValue()) !== `${path}/`);
    await accept.click();
  }

  /** Starts the study's wizard and answers what is asked first, each with a folder. */
  async chooseSources(model: string, corpus: string): Promise<void> {
    await this.runCommand('Verbatim: Run Memorization Study');
    await this.quickPickRow('Choose a model and').click();
    await this.quickPickRow('Choose a model folder').click();
    await this.acceptFolder(model);
    await this.quickPickRow('A folder…').click();
    await this.acceptFolder(corpus);
  }

  /** Starts an extraction map of the demo's model by the wizard, with its defaults and without a control. */
  async startMapOfDemo(corpus: string, shot: string): Promise<void> {
    await this.runCommand('Verbatim: Run Memorization Study');
    await this.quickPickRow('What could be extracted').waitFor();
    await this.takeShot(shot);
    await this.quickPickRow('What could be extracted').click();
    await this.quickPickRow('The demo’s model').waitFor();
    await this.page.keyboard.press('Enter');
    await this.quickPickRow('A part of the demo’s training data').waitFor();
    await this.takeShot(`${shot}-demo`);
    await this.quickPickRow('A folder…').click();
    await this.acceptFolder(corpus);
    await this.quickPickRow('No control').click();
    // None is looked at more closely, which takes longest of all.
    await this.quickPickRow('Windows that are looked at more closely').click();
    await this.page.locator('.quick-input-widget input.input').fill('0');
    await this.page.keyboard.press('Enter');
    await this.quickPickRow('Start the study').waitFor();
    if (TAKES_SHOTS) {
      // A figure of the dashboard, which takes as long as all the rest.
      await this.quickPickRow('Windows that are drawn again and again').click();
      await this.page.locator('.quick-input-widget input.input').fill('8');
      await this.page.keyboard.press('Enter');
      await this.quickPickRow('Measure how long it takes').click();
      await this.quickPickRow('on the disk').waitFor();
    }
    await this.takeShot(`${shot}-settings`);
    await this.quickPickRow('Start the study').click();
  }

  /** The row of the first region of the document that is most exposed. */
  async firstRegion(): Promise<Locator> {
    await this.treeRows(/\.js.*p .+ region/)
      .first()
      .locator('.monaco-tl-twistie')
      .click();
    return this.treeRows(/p .+ lines \d+–\d+/).first();
  }

  quickPickRow(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }

  /** Rows of a view in the side bar. */
  treeRows(text: string | RegExp): Locator {
    return this.page.locator('.pane .monaco-list-row', { hasText: text });
  }

  async pickFromContextMenu(row: Locator, text: string): Promise<void> {
    await row.click({ button: 'right' });
    const item = this.page.locator('.context-view .action-item:visible', { hasText: text }).first();
    await item.waitFor();
    await this.page.waitForTimeout(300); // A menu ignores a click right after it opened.
    await item.click();
  }

  /** A side of the comparison that is seen. */
  side(side: 'sample' | 'train'): Locator {
    return this.page.locator(`.editor-instance .monaco-editor[data-uri^="verbatim-${side}:"]`);
  }

  /** Waits until both sides are there, each with marked lines; gives those of the training document. */
  async comparison(): Promise<Locator> {
    const [, train] = (['sample', 'train'] as const).map((side) =>
      this.side(side).locator('.cdr[class*="ced-"]'),
    );
    for (const side of ['sample', 'train'] as const) {
      await this.side(side).locator('.cdr[class*="ced-"]').first().waitFor();
    }
    return train!;
  }

  /** Leaves a picture in shots/, which is not committed, where somebody wants to look at them. */
  async takeShot(name: string): Promise<void> {
    await this.page.mouse.move(640, 790); // Away from anything that would show a hover.
    await this.takeShotAsIs(name);
  }

  /** Takes the picture with the mouse where it is, for what it points at. */
  async takeShotAsIs(name: string): Promise<void> {
    if (!TAKES_SHOTS) return;
    await this.page.waitForTimeout(500); // Animations.
    await this.takeFailure(name);
  }

  /** Takes it in any case and at once, with every pixel. */
  async takeFailure(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    const session = await this.page.context().newCDPSession(this.page);
    const metrics = { ...this.page.viewportSize()!, deviceScaleFactor: 1, mobile: false };
    await session.send('Emulation.setDeviceMetricsOverride', metrics);
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }
}
