// What a user does in VS Code's workbench, as steps for Playwright. It knows the workbench's page, not what the
// tests are about.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';

/** How long a palette is looked at before it is opened again; then twice as long, since the machine may be busy. */
const REOPEN_MS = 2_500;
/** How long something is looked at that goes when it has heard a click. */
const GOING_MS = 500;

const SHOTS = join(import.meta.dirname, 'shots');
/** `VERBATIM_SHOTS=1` takes a picture of every stage; what failed is always seen. */
export const TAKES_SHOTS = process.env.VERBATIM_SHOTS !== undefined;

/** Each with its name in the settings and the class that the window has under it. */
export const THEMES = [
  ['light', 'Default Light Modern', 'vs'],
  ['dark', 'Default Dark Modern', 'vs-dark'],
  ['contrast', 'Default High Contrast', 'hc-black'],
] as const;

/** Whether it has gone, or goes within a moment. */
async function isGone(shown: Locator): Promise<boolean> {
  await shown.waitFor({ state: 'hidden', timeout: GOING_MS }).catch(() => {});
  return !(await shown.isVisible());
}

/** Clicks what goes when it has heard the click, but may not have listened to it yet: until it goes. */
async function clickAway(shown: Locator, timeout: number): Promise<void> {
  await shown.click({ timeout });
  const giveUpAt = Date.now() + WAIT_LIMIT_MS;
  while (!(await isGone(shown))) {
    if (Date.now() > giveUpAt) throw new Error(`It is still there: ${shown}`);
    await shown.click({ timeout: GOING_MS }).catch(() => {}); // It may go at any moment.
  }
}

export class Workbench {
  readonly page: Page;
  /** What is typed into, of palette, wizard and file dialog alike. */
  readonly quickInput: Locator;
  readonly #bell: Locator;
  readonly #notifications: Locator;

  constructor(page: Page) {
    this.page = page;
    this.quickInput = page.locator('.quick-input-widget input.input');
    this.#bell = page.locator('#status\\.notifications');
    this.#notifications = page.locator('.notifications-center');
  }

  /**
   * Types into the palette and takes the command that is offered first. The palette offers what was known when it opened,
   * and VS Code closes it when something else takes the keyboard, as a window does that has just come up: it is opened again.
   */
  async runCommand(title: string): Promise<void> {
    const { page } = this;
    const offered = page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title });
    await this.again(async (timeout) => {
      await this.#leaveTree();
      await page.keyboard.press('F1');
      await this.quickInput.waitFor({ timeout });
      await this.quickInput.fill(`>${title}`, { timeout });
      await offered.waitFor({ timeout });
    });
    await page.keyboard.press('Enter');
  }

  /** Runs a command that lists what there is to choose from, and chooses. VS Code closes such a list as it closes the palette. */
  async choose(title: string, choice: string): Promise<void> {
    await this.again(async (timeout) => {
      await this.runCommand(title);
      await this.quickPickRow(choice).click({ timeout });
    });
  }

  /** Opens a file of the workspace by its name, out of a list that goes on changing while it is looked for. */
  async openFile(name: string): Promise<void> {
    await this.again(async (timeout) => {
      await this.#leaveTree();
      await this.page.keyboard.press('Control+P');
      await this.quickInput.waitFor({ timeout });
      await this.quickInput.fill(name, { timeout });
      await this.quickPickRow(name).click({ timeout });
      await this.page.locator('.tab.active', { hasText: name }).waitFor({ timeout });
    });
  }

  /**
   * Does what VS Code may have closed under its hands: within the time that it is told, or from its beginning, and gives up in the
   * end. Escape alone would have a tree forget which row it is at.
   */
  async again(steps: (timeout: number) => Promise<void>): Promise<void> {
    const giveUpAt = Date.now() + WAIT_LIMIT_MS;
    for (let timeout = REOPEN_MS; ; timeout *= 2) {
      try {
        return await steps(timeout);
      } catch (error) {
        if (Date.now() > giveUpAt) throw error;
      }
      if (await this.page.locator('.quick-input-widget:visible, .monaco-menu:visible').first().isVisible())
        await this.page.keyboard.press('Escape');
    }
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

  /** Answers a question of the wizard, once it is asked. */
  async type(question: string, answer: string): Promise<void> {
    await this.page.locator('.quick-input-message', { hasText: question }).waitFor();
    await this.quickInput.fill(answer);
    await this.page.keyboard.press('Enter');
  }

  /** Accepts what a list or a question offers, which is seen before it has the keyboard. */
  async enter(): Promise<void> {
    await this.page.locator('.quick-input-widget input.input:focus').waitFor();
    await this.page.keyboard.press('Enter');
  }

  acceptFolder = (path: string): Promise<void> => this.acceptPath(`${path}/`);

  /** In VS Code's own file dialog, which a browser shows instead of the system's. */
  async acceptPath(path: string): Promise<void> {
    const { page } = this;
    const accept = page.locator('.quick-input-widget .monaco-button:visible', { hasText: /^(OK|Use )/ });
    await accept.waitFor();
    // It writes where it starts over whatever was typed when it has listed that folder.
    await page.locator('.quick-input-list .monaco-list-row', { hasText: '..' }).first().waitFor();
    await this.quickInput.fill(path);
    // One that has not listed yet what is typed lists it, and waits to be told again.
    await clickAway(accept, WAIT_LIMIT_MS);
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
    await this.enter();
    await this.quickPickRow('A part of the demo’s training data').waitFor();
    await this.takeShot(`${shot}-demo`);
    await this.quickPickRow('A folder…').click();
    await this.acceptFolder(corpus);
    await this.quickPickRow('No control').click();
    // None is looked at more closely, which takes longest of all.
    await this.quickPickRow('Windows that are looked at more closely').click();
    await this.type('Windows that are looked at more closely', '0');
    await this.quickPickRow('Start the study').waitFor();
    if (TAKES_SHOTS) {
      // A figure of the dashboard, which takes as long as all the rest.
      await this.quickPickRow('Windows that are drawn again and again').click();
      await this.type('Windows that are drawn again and again', '8');
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

  /** A menu ignores clicks right after it opened, and VS Code closes it when its row is drawn anew. */
  async pickFromContextMenu(row: Locator, text: string): Promise<void> {
    const item = this.page.locator('.context-view .action-item:visible', { hasText: text }).first();
    await this.again(async (timeout) => {
      await row.click({ button: 'right', timeout });
      await clickAway(item, timeout);
    });
  }

  /** Opens the notifications; in these windows none shows itself. VS Code closes them when there are none any more. */
  async notification(text: string): Promise<Locator> {
    const shown = this.page.locator('.notifications-center .notification-list-item', { hasText: text });
    await this.again(async (timeout) => {
      if (!(await this.#notifications.isVisible())) await this.#bell.click({ timeout });
      await shown.first().waitFor({ timeout });
    });
    return shown;
  }

  async closeNotifications(): Promise<void> {
    while (await this.#notifications.isVisible()) {
      await this.#bell.click();
      await isGone(this.#notifications);
    }
  }

  /**
   * Until a page in a webview looks as its theme has it: its controls take the colours over when they draw the next frames, and what
   * they change may pass over slowly.
   */
  comeToRest(body: Locator): Promise<void> {
    return body.evaluate(`async (body) => {
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      const passing = body.ownerDocument.getAnimations().filter((one) => one instanceof CSSTransition);
      await Promise.allSettled(passing.map(({ finished }) => finished));
    }`);
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
