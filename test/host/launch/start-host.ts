// Starts a real VS Code workbench: code-server (VS Code's server with its Node extension host) shown by
// headless Chromium. It knows nothing of this extension.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../../scripts/chromium.mjs';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.ts';
import { startCodeServer } from './code-server.ts';

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--js-flags=--min-semi-space-size=32 --initial-heap-size=512',
];

/** Keeps the workbench to itself: no network, no pop-ups, nothing but what a test asks for. */
const QUIET_SETTINGS = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.experimentalOnboarding': false,
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'security.workspace.trust.startupPrompt': 'never',
  'chat.disableAIFeatures': true,
  'git.openRepositoryInParentFolders': 'never',
  'files.hotExit': 'off',
  'editor.minimap.enabled': false,
  'editor.occurrencesHighlight': 'off',
  'editor.colorDecorators': false,
  'editor.semanticHighlighting.enabled': false,
  'workbench.editor.languageDetection': false,
  'workbench.localHistory.enabled': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'typescript.tsserver.useSyntaxServer': 'never', // One process is enough.
  'editor.cursorBlinking': 'solid',
};

/**
 * Without a graphics card the processor draws every frame of an animation, which nobody watches. Webviews keep theirs:
 * they are what is tested.
 */
const STAND_STILL = `if (window === top) {
  const still = new CSSStyleSheet();
  still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important; }');
  document.adoptedStyleSheets.push(still);
}`;

/** Who takes pictures gets every pixel; the rest measures in CSS pixels and is drawn on a quarter of them. */
const isLookedAt = (process.env.VERBATIM_SHOTS ?? process.env.VERBATIM_IMAGES) !== undefined;

export interface HostOptions {
  readonly extensionDevelopmentPaths?: readonly string[];
  readonly extensionTestsPath?: string;
  /** A folder or .code-workspace to open. */
  readonly workspace?: string;
  /** User settings over the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly extensionsDir?: string;
  /** Files to begin with, by their places below the folder of user data. */
  readonly userFiles?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly verbose?: boolean;
  /** Open the workspace restricted, as VS Code does before the user says that he trusts it. */
  readonly isRestricted?: boolean;
}

/** How a run of extension tests ended. 70: the host itself or its extension host died. */
export interface HostExit {
  readonly code: number;
  readonly error?: string;
}

export interface Host {
  readonly page: Page;
  /** Settles when the extension tests end, or when something dies. */
  readonly exit: Promise<HostExit>;
  /** What the extension tests print goes to this file. */
  readonly outputFile: string;
  close(): Promise<void>;
}

export async function startHost(options: HostOptions = {}): Promise<Host> {
  const root = mkdtempSync(join(tmpdir(), 'vsh-')); // Short, since Unix sockets go inside.
  const userData = join(root, 'u');
  const extensionsDir = options.extensionsDir ?? join(root, 'e');
  const testDir = join(root, 't');
  for (const folder of [extensionsDir, testDir]) mkdirSync(folder, { recursive: true });
  const settings = JSON.stringify({ ...QUIET_SETTINGS, ...options.settings }, null, 2);
  // Those of a machine are heeded from the second alone.
  for (const folder of ['User', 'Machine'].map((name) => join(userData, name))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'settings.json'), settings);
  }
  for (const [place, file] of Object.entries(options.userFiles ?? {})) {
    mkdirSync(dirname(join(userData, place)), { recursive: true });
    copyFileSync(file, join(userData, place));
  }

  const server = startCodeServer({
    root,
    userData,
    extensionsDir,
    isRestricted: options.isRestricted === true,
    isDevelopment: options.extensionDevelopmentPaths !== undefined,
    verbose: options.verbose === true,
    env: {
      ...options.env,
      ...(options.extensionTestsPath === undefined
        ? {}
        : { TEST_HOST_DIR: testDir, TEST_HOST_ENTRY: resolve(options.extensionTestsPath) }),
    },
  });
  let browser: Browser | undefined;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      await browser?.close().catch(() => {});
      await server.stop();
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    })();
    return closing;
  };

  try {
    const url = await server.url;
    browser = await launchChromium(root);
    // A context of its own, in which a test may open another window on the same profile.
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1280, height: 800 },
      deviceScaleFactor: isLookedAt ? 1 : 0.5,
    });
    await context.addInitScript(STAND_STILL);
    const page = await context.newPage();
    if (options.verbose) page.on('console', (m) => process.stderr.write(`[workbench] ${m.text()}\n`));
    const tests = Promise.withResolvers<HostExit>();
    await onTestsExit(page, testDir, tests.resolve);
    void server.ended.then((how) => tests.resolve({ code: 70, error: `code-server ended (${how})` }));
    await page.goto(`${url}/?${workbenchQuery(url, options)}`);
    await page.waitForSelector('.monaco-workbench', { timeout: WAIT_LIMIT_MS });
    return { page, exit: tests.promise, outputFile: join(testDir, 'output'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its profile lies under `root`, so that it goes too when the guard clears up after a kill. */
async function launchChromium(root: string): Promise<Browser> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = root;
  try {
    return await chromium.launch({
      executablePath: findChromium() ?? 'chromium',
      headless: true,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      args: CHROMIUM_ARGS,
    });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** The workbench calls `codeAutomationExit` when the tests are over, or believes so. */
async function onTestsExit(page: Page, testDir: string, ended: (exit: HostExit) => void): Promise<void> {
  page.on('crash', () => ended({ code: 70, error: 'the workbench page crashed' }));
  page.on('close', () => ended({ code: 70, error: 'the workbench page closed' }));
  await page.exposeFunction('codeAutomationLog', () => {});
  await page.exposeFunction('codeAutomationExit', (code: number) => {
    const passed = readResult(join(testDir, 'result'));
    if (passed === undefined) ended({ code: 70, error: 'the extension host ended before the tests did' });
    else ended({ code: passed ? code : code || 1 });
  });
}

/** Undefined when the tests did not get as far as a result: the workbench reports that as success. */
function readResult(file: string): boolean | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { passed: boolean }).passed;
  } catch {
    return undefined;
  }
}

function workbenchQuery(url: string, options: HostOptions): string {
  const remote = (path: string) => `vscode-remote://${new URL(url).host}${encodeURI(resolve(path))}`;
  const testsEntry = join(import.meta.dirname, 'tests-entry.cjs');
  const payload = [
    ...(options.extensionDevelopmentPaths ?? []).map((path) => ['extensionDevelopmentPath', remote(path)]),
    ...(options.extensionTestsPath === undefined ? [] : [['extensionTestsPath', remote(testsEntry)]]),
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  const query = new URLSearchParams();
  if (options.workspace === undefined) query.set('ew', 'true');
  else if (options.workspace.endsWith('.code-workspace')) query.set('workspace', resolve(options.workspace));
  else query.set('folder', resolve(options.workspace));
  query.set('payload', JSON.stringify(payload));
  return query.toString();
}
