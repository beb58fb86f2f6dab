// A study in the published layout: outputs, one log a shard, statistics and texts, as its scripts expect them.
// What that layout cannot hold (provenance, exact counts) lies beside it, in files that its scripts ignore.

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { namesModel } from '../../../protocol/study.ts';
import { disclosedNames } from '../../answers/disclosed-names.ts';
import type { Disclosure } from '../../answers/undisclosed.ts';
import { toVersion1 } from '../../plan/version-1.ts';
import { openPlaceReader } from '../../store/place-reader.ts';
import { readShards } from '../../store/shards-table.ts';
import { readFragmentFigures } from '../../store/stored-fragments.ts';
import { type Database, readAllOver } from '../../store/study-file.ts';
import { readStudy } from '../../store/study-table.ts';
import { ExportFolder } from './export-folder.ts';
import { exportSamples, type MergedPlaces } from './export-samples.ts';
import { exportShards } from './export-shards.ts';
import { formatRunName, OWN_EXPORT } from './layout.ts';
import { shownPrompts } from './shown-prompts.ts';

export interface Exported {
  readonly results: string;
  readonly logs: string;
}

export async function exportStudy(db: Database, root: string, disclosure: Disclosure): Promise<Exported> {
  const { plan, environment } = readStudy(db)!;
  const { temperature, maxTokens, topK } = plan.sampling;
  const named = namesModel(plan.source);
  const model = String(environment.model ?? (named ? basename(named) : 'samples'));
  const run = formatRunName({ model, temperature, maxTokens, topK, strategy: null });
  const folder = new ExportFolder(root);
  const results = folder.named(join('extract', 'results'), run);
  const logs = folder.named(join('log', 'save'), run);
  readAllOver(db);
  const prompts = await shownPrompts(plan.sampling.prompts, disclosure);
  const merged = await exportSamples(db, { folder, results }, prompts, disclosure);
  const train = join(root, 'clone', 'save', 'corpus');
  exportShards(db, { folder, train, logs, merged, showPlace: await disclosedNames(db, disclosure) });
  exportStatistics(db, folder, logs);
  exportPrompts(db, folder, join(logs, 'analyze', 'extract_prompt.json'), merged);
  folder.write(
    join(logs, OWN_EXPORT),
    JSON.stringify({
      version: 1,
      plan: toVersion1({ ...plan, sampling: { ...plan.sampling, prompts } }),
      environment,
      shards: readShards(db).map(({ name, path }) => ({ name, path })),
    }),
  );
  return { results, logs };
}

const COUNTED = [
  'fingerprint',
  'nLines',
  'train',
  'extract',
  'nDocuments',
  'nRepositories',
  'nSamples',
  'clipped',
] as const;
const PROMPTED = ['fragmentId', 'fingerprint', 'extract'] as const;

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** `memorization.json` in its shape, and beside it everything that is counted. */
function exportStatistics(db: Database, folder: ExportFolder, logs: string): void {
  using published = folder.open(join(logs, 'stats', 'memorization.json'));
  using counts = folder.open(join(logs, 'stats', 'verbatim-counts.jsonl'));
  published.write('{');
  let isFirst = true;
  for (const fragment of readFragmentFigures(db, COUNTED)) {
    const { fingerprint, train, extract, nLines: len } = fragment;
    published.write(
      `${isFirst ? '' : ','}\n  ${JSON.stringify(fingerprint)}: ${JSON.stringify({ train, extract, len })}`,
    );
    isFirst = false;
    counts.line(
      JSON.stringify({
        fingerprint,
        len,
        train,
        extract,
        documents: fragment.nDocuments,
        repositories: fragment.nRepositories,
        samples: fragment.nSamples,
        clipped: fragment.clipped,
      }),
    );
  }
  published.write('\n}\n');
}

/** Fragments as prompts for two-step sampling, by occurrences in the samples. */
function exportPrompts(db: Database, folder: ExportFolder, path: string, merged: MergedPlaces): void {
  const places = openPlaceReader(db, 1);
  using out = folder.open(path);
  out.write('{');
  let isFirst = true;
  for (const { fragmentId, fingerprint, extract } of readFragmentFigures(db, PROMPTED, 'extract')) {
    const [place] = places.samples(fragmentId);
    // Nothing may be left of an imported fragment but its counts, and that is no prompt.
    if (!place) continue;
    const lines = merged.lines(place.sampleId, place.firstLine, place.lastLine);
    const prompt = Buffer.from(lines.join('\n'), 'latin1').toString();
    const entry = { prompt, occurrence: extract, fingerprints: fingerprint };
    const key = createHash('sha1').update(prompt).digest('hex');
    out.write(`${isFirst ? '' : ','}\n  ${JSON.stringify(key)}: ${latin1(JSON.stringify(entry))}`);
    isFirst = false;
  }
  out.write('\n}\n');
}
