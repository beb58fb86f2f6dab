// Headless Chromium for a workbench, with a profile of its own that begins with nothing but compiled code.

import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { findChromium } from '../../../scripts/chromium.mjs';
import { keepCompiled, takeCompiled } from './kept-compiled.ts';

/** Every workbench seems to be there, whatever port its server has: what is kept belongs to an address. */
export const WORKBENCH_URL = 'http://workbench.localhost';

/** Playwright's own, which an argument of ours would replace. */
const FEATURES = ['CDPScreenshotNewSurface'];
const BLINK_SETTINGS = [
  ...['primaryHoverType=2', 'availableHoverTypes=2'],
  ...['primaryPointerType=4', 'availablePointerTypes=4'],
];

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--js-flags=--min-semi-space-size=32 --initial-heap-size=512',
  // What was compiled is kept from the first time on, and waited for before a script is compiled as it comes.
  `--blink-settings=${[...BLINK_SETTINGS, 'v8CacheOptions=4'].join(',')}`,
  `--enable-features=${[...FEATURES, 'BackgroundResourceFetch:background-script-response-processor/false'].join(',')}`,
];

export interface ChromiumOptions {
  /** The profile lies below it, so that it goes too when the guard clears up after a kill. */
  readonly root: string;
  /** The address that the workbench’s server listens at. */
  readonly serverUrl: string;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly deviceScaleFactor: number;
}

export interface Chromium {
  /** The only one, in which a test may open another window on the same profile. */
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function startChromium(options: ChromiumOptions): Promise<Chromium> {
  const profile = join(options.root, 'c');
  const program = findChromium() ?? 'chromium';
  const maker = { program, arguments: ARGUMENTS };
  takeCompiled(profile, maker);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = options.root;
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: program,
      headless: true,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      args: [
        ...ARGUMENTS,
        `--host-resolver-rules=MAP ${new URL(WORKBENCH_URL).host}:80 ${new URL(options.serverUrl).host}`,
      ],
      viewport: options.viewport,
      deviceScaleFactor: options.deviceScaleFactor,
    });
    const close = async () => {
      await context.close();
      keepCompiled(profile, maker);
    };
    return { context, close };
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
