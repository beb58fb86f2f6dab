// The reader of the published study's folders. Each input is one file of a healthy export, with its path on a line of
// its own in front; the rest of the export stands around it.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VerbatimError } from '../../../server/errors.ts';
import { exportStudy } from '../../../server/formats/published/export-study.ts';
import { importStudy } from '../../../server/formats/published/import-study.ts';
import { openForReading } from '../../../server/store/study-file.ts';
import { summarise } from '../../../server/store/summary.ts';
import { keepImportedStudy } from '../../../server/study/keep-imported-study.ts';
import { systemFailure } from '../../../server/system-failure.ts';
import { makeSmallStudy } from '../../support/small-study.ts';
import { sameEveryTime } from '../same-every-time.ts';

let exported: Promise<string> | undefined;

async function seeds(): Promise<readonly Uint8Array[]> {
  const folder = await theExport();
  return filesOf(folder).map((path) =>
    Buffer.concat([Buffer.from(`${path}\n`), sameEveryTime(readFileSync(join(folder, path)), folder)]),
  );
}

/** Throws what nobody could act on: anything but a failure that names the file. */
async function read(bytes: Uint8Array): Promise<'read' | 'refused'> {
  const healthy = await theExport();
  const end = bytes.indexOf(0x0a);
  const asked = Buffer.from(bytes.subarray(0, Math.max(0, end))).toString();
  const paths = filesOf(healthy);
  // A path that was mutated itself stands for some file.
  const path = paths.includes(asked) ? asked : paths[bytes.length % paths.length]!;
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-fuzz-'));
  try {
    cpSync(healthy, join(folder, 'in'), { recursive: true });
    writeFileSync(join(folder, 'in', path), bytes.subarray(end + 1));
    const file = join(folder, 's.sqlite');
    await keepImportedStudy(file, await importStudy(join(folder, 'in'), undefined));
    using db = openForReading(file);
    summarise(db, file, false);
    return 'read';
  } catch (cause) {
    const error = systemFailure(cause) ?? cause;
    if (!(error instanceof VerbatimError)) throw error;
    return 'refused';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const harness = { seeds, read };

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

async function theExport(): Promise<string> {
  exported ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'verbatim-fuzz-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const { file } = await makeSmallStudy(folder);
    using db = openForReading(file);
    await exportStudy(db, join(folder, 'exported'), 'shown');
    return join(folder, 'exported');
  })();
  return await exported;
}
