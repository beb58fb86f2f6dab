// Study files of an earlier release (test/fixtures/studies), unpacked and moved to where a test has its files.

import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const STUDIES = join(FIXTURES, 'studies');
/** Everything that the studies name lay below this folder when they were made. */
const MADE_IN = '/study';
/** Shards that seem changed are scanned again, so they keep the time that the studies know. */
const SHARDS_CHANGED_AT = 1.7e9;

export const earlierStudies = ['finished', 'paused-in-sampling', 'paused-in-scanning', 'scan'] as const;
export type EarlierStudy = (typeof earlierStudies)[number];

/** Puts the model, the training data and the samples into `folder`; studies are unpacked beside them. */
export function layOutEarlierStudies(folder: string): void {
  cpSync(join(FIXTURES, 'models', 'plain'), join(folder, 'model'), { recursive: true });
  mkdirSync(join(folder, 'corpus'));
  for (const name of readdirSync(join(STUDIES, 'corpus'))) {
    const shard = join(folder, 'corpus', name);
    copyFileSync(join(STUDIES, 'corpus', name), shard);
    utimesSync(shard, SHARDS_CHANGED_AT, SHARDS_CHANGED_AT);
  }
  copyFileSync(join(STUDIES, 'samples.jsonl'), join(folder, 'samples.jsonl'));
}

/** Gives the study's file, whose places are those of `folder`, in the schema that its release wrote. */
export function unpackEarlierStudy(folder: string, name: EarlierStudy): string {
  const file = join(folder, `${name}.sqlite`);
  writeFileSync(file, gunzipSync(readFileSync(join(STUDIES, `${name}.sqlite.gz`))));
  const db = new DatabaseSync(file);
  try {
    db.prepare('UPDATE study SET plan = replace(plan, ?, ?)').run(`"${MADE_IN}/`, `"${folder}/`);
    db.prepare('UPDATE shards SET path = replace(path, ?, ?)').run(`${MADE_IN}/`, `${folder}/`);
    db.prepare('UPDATE problems SET message = replace(message, ?, ?)').run(`${MADE_IN}/`, `${folder}/`);
  } finally {
    db.close();
  }
  return file;
}

/** What the release reported, by study and format, with its places moved likewise. */
export function earlierReport(folder: string, name: EarlierStudy, format: string): string {
  const reports = JSON.parse(gunzipSync(readFileSync(join(STUDIES, 'reports.json.gz'))).toString()) as Record<
    string,
    string
  >;
  return (reports[`${name}.${format}`] ?? '').replaceAll(MADE_IN, folder);
}
