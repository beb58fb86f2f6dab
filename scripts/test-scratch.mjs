// The folder that a run of tests writes to: in memory where there is enough of it, since what is gone in a moment need not
// wait for a disk.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Several times what a run has there at once, so that its editors have room as well. */
const ENOUGH_BYTES = 8 * 2 ** 30;

/** A new folder, for its caller to remove. Its path is short, since Unix sockets go inside. */
export function makeScratch() {
  if (process.env.TMPDIR === undefined && isRoomy()) {
    const folder = mkdtempSync(join(MEMORY, 'v-'));
    if (runsPrograms(folder)) return folder;
    rmSync(folder, { recursive: true });
  }
  return mkdtempSync(join(tmpdir(), 'v-'));
}

function isRoomy() {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= ENOUGH_BYTES && freemem() >= ENOUGH_BYTES;
}

/** Containers may keep programs out of it, and tests write some. */
function runsPrograms(folder) {
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}
