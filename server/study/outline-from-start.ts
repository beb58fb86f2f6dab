// A GGUF file of the Hub described by its start, where all that it says of itself stands: its tokens and tensors are listed
// before the first weight. The start is read like any file of a stranger, and forgotten.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import { type FileRequest, fetchStart } from '../hub/download-file.ts';
import type { HubAccess } from '../hub/list-repository.ts';
import type { ModelOutline } from '../sampling/model/model-outline.ts';
import { outlineStartGuarded } from '../sampling/model/open-guarded.ts';

/** Enough for most; a vocabulary of 250,000 tokens takes some 12 MB. */
const FIRST_BYTES = 4 << 20;
const MOST_BYTES = 64 << 20;

/** Throws what opening the file would, with its name in the repository, and a UserError where nothing may be fetched. */
export async function outlineFromStart(
  { settings, fetch }: HubAccess,
  place: Pick<FileRequest, 'repo' | 'commit' | 'file'>,
  signal: AbortSignal,
): Promise<ModelOutline> {
  const { repo, file } = place;
  const name = `${repo.repository}/${file.path}`;
  if (fetch === null)
    throw new UserError(`${name} is not here.`, { action: 'Allow this run to fetch its first megabytes.' });
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-start-'));
  const path = join(folder, basename(file.path));
  try {
    for (let nBytes = FIRST_BYTES; nBytes <= MOST_BYTES; nBytes *= 2) {
      writeFileSync(path, await fetchStart({ ...place, settings, fetch, signal }, nBytes));
      const outline = await outlineStartGuarded(path, file.nBytes, signal);
      if (outline !== null) return outline;
    }
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const { message, action = '' } = cause;
    throw new UserError(message.replaceAll(path, name), { action, cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  throw new UserError(`${name} describes itself in more than ${MOST_BYTES >> 20} MB, as no model does.`, {
    action: 'Choose another file of the model.',
  });
}
