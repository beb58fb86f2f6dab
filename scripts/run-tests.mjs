// Runs test files and reports as `node --test` does. A busy or slow machine may take its time; what ends a run
// is a lack of progress: a file of which nothing was heard for so long waits for ever.

import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { makeScratch } from './test-scratch.mjs';

const SILENCE_LIMIT_MS = 10 * 60_000;
/** Folder in which Node keeps what it compiled: hundreds of processes of a run begin with the same modules. */
process.env.NODE_COMPILE_CACHE ??= resolve('node_modules/.verbatim-compiled');
const scratch = makeScratch();
process.on('exit', () => {
  try {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    console.error(`${scratch} is left: ${error.message}`);
  }
});
/** Everything that a test writes is below it. */
process.env.TMPDIR = scratch;
/** Folder for what files of one run make for each other. */
process.env.VERBATIM_TEST_RUN = join(scratch, 'run');
mkdirSync(process.env.VERBATIM_TEST_RUN);
const HEARD = ['test:dequeue', 'test:complete', 'test:stdout', 'test:stderr'];

// Events name files by their whole path, and this one's own by the words that it was asked for with.
const files = process.argv.slice(2).map((file) => resolve(file));
const stop = new AbortController();
/** When each file that runs was last heard of, and what it said it had begun. */
const heard = new Map();
/** Files that have ended: what they printed may come later, and waits for nothing. */
const ended = new Set();
let hasFailed = false;

const events = run({
  files,
  // One more than there are cores: editors and clusters mostly wait.
  concurrency: Math.min(8, availableParallelism() + 1),
  signal: stop.signal,
});
for (const name of HEARD) {
  events.on(name, ({ file, name: title }) => {
    const atMs = Date.now();
    if (files.includes(file)) {
      if (!ended.has(file)) heard.set(file, { atMs, title: title ?? heard.get(file)?.title ?? '' });
    } else {
      // A suite inside an editor tells of its tests in the name of whoever hands them on.
      for (const one of heard.values()) one.atMs = atMs;
    }
  });
}
// The last event of a file bears the file's own name.
events.on('test:complete', ({ file, name, details }) => {
  if (file !== name) return;
  heard.delete(file);
  ended.add(file);
  if (process.env.VERBATIM_TEST_TIMES) console.error(`${Math.round(details.duration_ms)} ms for ${file}`);
});
events.on('test:fail', ({ todo, skip }) => {
  hasFailed ||= todo === undefined && skip === undefined;
});

const watchdog = setInterval(() => {
  const silent = [...heard].filter(([, { atMs }]) => Date.now() - atMs > SILENCE_LIMIT_MS);
  if (silent.length === 0) return;
  for (const [file, { title }] of silent)
    console.error(`${file}: nothing was heard for ${SILENCE_LIMIT_MS / 60_000} minutes, last of "${title}"`);
  hasFailed = true;
  stop.abort();
  setTimeout(() => process.exit(1), 30_000).unref();
}, 5_000);
watchdog.unref();

events.compose(new spec()).pipe(process.stdout);
events.on('end', () => {
  clearInterval(watchdog);
  process.exitCode = hasFailed ? 1 : 0;
});
