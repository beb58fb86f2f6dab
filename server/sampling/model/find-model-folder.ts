// Which folder holds the model that a path names: the path itself, or, where that is a repository in the Hub's cache, the
// snapshot that its main branch stands for. Tells what is there where that is no model.

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openRegularFile } from '../../../guard/paths/regular-file.ts';
import { UserError } from '../../errors.ts';
import { findUnfinished } from '../weights/find-unfinished.ts';

/** Throws a UserError where there are several snapshots, and nothing says which is meant. */
export async function findModelFolder(path: string): Promise<string> {
  const repository = basename(path) === 'snapshots' ? dirname(path) : path;
  if (!/^models--/.test(basename(repository))) return path;
  const snapshots = await readdir(join(repository, 'snapshots')).catch((): string[] => []);
  const main = await readCommit(join(repository, 'refs', 'main'));
  const named = snapshots.includes(main) ? main : snapshots.length === 1 ? snapshots[0]! : null;
  if (named !== null) return join(repository, 'snapshots', named);
  if (snapshots.length === 0) return path;
  throw new UserError(`${repository} holds ${snapshots.length} snapshots: ${snapshots.sort().join(', ')}.`, {
    action: `Name one of them as the model, such as ${join(repository, 'snapshots', snapshots[0]!)}.`,
  });
}

/** What a branch stands for; empty where nothing says it that is a file. */
async function readCommit(path: string): Promise<string> {
  try {
    await using file = await openRegularFile(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(COMMIT_BYTES), 0, COMMIT_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } catch {
    return '';
  }
}

/** With room for a line end. */
const COMMIT_BYTES = 64;

/** A UserError for a folder without a description of a model, from what is there instead. */
export async function refuseFolder(dir: string, cause: unknown): Promise<UserError> {
  const names = await readdir(dir).catch((): string[] => []);
  if (names.includes('adapter_config.json')) {
    return new UserError(
      `${dir} holds an adapter (adapter_config.json), and not the model that it belongs to.`,
      {
        action: 'Merge it into its model ("merge_and_unload" of PEFT), and save that.',
        cause,
      },
    );
  }
  const inside: string[] = [];
  for (const name of names.sort())
    if ((await stat(join(dir, name, 'config.json')).catch(() => null))?.isFile()) inside.push(name);
  const unfinished = await findUnfinished(dir);
  const told = [
    ...(inside.length > 0
      ? [`There are models in its folders ${inside.slice(0, MOST_SHOWN).join(', ')}.`]
      : []),
    ...(unfinished === null ? [] : [unfinished]),
  ];
  return new UserError([`${join(dir, 'config.json')} cannot be read.`, ...told].join(' '), {
    action:
      inside.length > 0
        ? `Name one of them as the model, such as ${join(dir, inside[0]!)}.`
        : 'Choose a folder with config.json, tokenizer.json and model.safetensors or pytorch_model.bin in it.',
    cause,
  });
}

const MOST_SHOWN = 5;
