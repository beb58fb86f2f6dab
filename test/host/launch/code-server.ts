// Runs code-server under a guard process, so that nothing is left running or lying about after any kind of
// death of ours. Its packages are those of test/host/package.json.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.ts';
import { linkBuiltinExtensions } from './builtin-extensions.ts';

const MODULES = join(import.meta.dirname, '..', 'node_modules');
export const CODE_SERVER = join(MODULES, 'code-server', 'out', 'node', 'entry.js');
const BUILTIN_EXTENSIONS = join(MODULES, 'code-server', 'lib', 'vscode', 'extensions');
/** Fewer collections of garbage: it reads megabytes of manifests and modules at each start. */
const ROOMY = '--min-semi-space-size=32';
const START_LIMIT_MS = WAIT_LIMIT_MS;

/** What a VS Code or code-server around us would otherwise tell ours. */
const FOREIGN_ENV =
  /^(VSCODE_(IPC|PID|CWD|NLS|ESM|CODE|HANDLES|PROXY|GIT|L10N|INSPECTOR)|CODE_SERVER_|ELECTRON_RUN_AS_NODE$|(HASHED_)?PASSWORD$|PORT$|NODE_OPTIONS$)/;

export interface CodeServerOptions {
  /** Removed by the guard when all is over. */
  readonly root: string;
  readonly userData: string;
  readonly extensionsDir: string;
  readonly isRestricted: boolean;
  readonly isDevelopment: boolean;
  readonly verbose: boolean;
  readonly env: Readonly<Record<string, string>>;
}

export interface CodeServer {
  readonly url: Promise<string>;
  /** Settles with the exit code or signal. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export function startCodeServer(options: CodeServerOptions): CodeServer {
  const config = join(options.root, 'config.yaml');
  writeFileSync(config, 'auth: none\n');
  const builtin = join(options.root, 'b');
  linkBuiltinExtensions(BUILTIN_EXTENSIONS, builtin);
  const args = [
    ...['--config', config],
    ...['--user-data-dir', options.userData],
    ...['--extensions-dir', options.extensionsDir],
    ...['--auth', 'none'],
    ...['--bind-addr', '127.0.0.1:0'],
    '--disable-telemetry',
    ...['--vscode-option', `builtin-extensions-dir=${builtin}`],
    // No login shell is asked for its environment, and nothing is packed on its way through this machine.
    ...['--vscode-option', 'force-disable-user-env'],
    ...['--vscode-option', 'disable-websocket-compression'],
    '--disable-update-check',
    ...(options.isRestricted ? [] : ['--disable-workspace-trust']),
    '--disable-getting-started-override',
    '--disable-proxy',
    '--ignore-last-opened',
    // Without it a built workbench ignores the development and test paths in its address. With it there are
    // no notification toasts: look into the notifications centre.
    ...(options.isDevelopment ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
  ];
  // The guard leads a process group of its own, which is how it can end everything below it.
  const guard = spawn(
    process.execPath,
    [join(import.meta.dirname, 'guard.ts'), options.root, process.execPath, ROOMY, CODE_SERVER, ...args],
    { env: environment(options), detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  guard.stdin.on('error', () => {});
  const ended = once(guard, 'exit').then(
    ([code, signal]) => String(code ?? signal),
    (error: Error) => error.message,
  );
  const url = new Promise<string>((listening, fail) => {
    let output = '';
    const timer = setTimeout(() => fail(new Error(`code-server did not listen:\n${output}`)), START_LIMIT_MS);
    const read = (chunk: Buffer) => {
      if (options.verbose) process.stderr.write(chunk);
      output = (output + chunk).slice(-20_000);
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(output);
      if (found === null) return;
      clearTimeout(timer);
      listening(found[1]!);
    };
    guard.stdout.on('data', read);
    guard.stderr.on('data', read);
    void ended.then((how) => {
      clearTimeout(timer);
      fail(new Error(`code-server ended (${how}):\n${output}`));
    });
  });
  url.catch(() => {}); // Awaited later, or never when the browser fails first.
  return {
    url,
    ended,
    async stop() {
      guard.stdin.end();
      const killer = setTimeout(() => killGroup(guard.pid), 5_000);
      await ended;
      clearTimeout(killer);
    },
  };
}

function environment({ root, env: extra }: CodeServerOptions): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    EXTENSIONS_GALLERY: '{"serviceUrl":""}', // An empty gallery, or the workbench asks one on the network.
    // Sockets are made here, which nobody removes after a kill.
    TMPDIR: root,
    XDG_RUNTIME_DIR: root,
    ...extra,
  };
  for (const name of Object.keys(env)) if (FOREIGN_ENV.test(name)) delete env[name];
  return env;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone in the meantime, which is what we want.
  }
}
