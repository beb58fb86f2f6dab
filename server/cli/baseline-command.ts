// `verbatim baseline STUDY`: takes a study's fragments into a baseline file, as known and accepted.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../errors.ts';
import { BASELINE_NAME, readAccepted, writeBaseline } from '../formats/baseline-file.ts';
import { counted } from '../formats/report-numbers.ts';
import { readRegionGroups } from '../store/maps/map-regions.ts';
import { readFingerprints } from '../store/stored-fragments.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { tell } from './tell.ts';

interface Options {
  readonly file: string;
  readonly reason: string;
  readonly fragment?: readonly string[];
  readonly prune?: boolean;
}

export function baselineCommand(): Command {
  return new Command('baseline')
    .description(
      'Accept a study’s fragments, or a map’s regions: reports then mark them, and --fail-on-new passes over them.',
    )
    .argument('<study>', 'study file (.sqlite)')
    .option('--file <path>', 'baseline file; what it holds already stays', BASELINE_NAME)
    .option('--reason <text>', 'why they are accepted', 'accepted')
    .option('--fragment <fingerprint...>', 'only these fragments')
    .option('--prune', 'also remove what the study no longer holds')
    .action(async (study: string, { file, reason, fragment, prune }: Options) => {
      using db = openForReading(resolve(study));
      const path = resolve(file);
      const isMap = readStudy(db)?.plan.source.kind === 'map';
      const held = new Set(
        isMap ? readRegionGroups(db).map((region) => region.fingerprint) : readFingerprints(db),
      );
      const unknown = fragment?.find((fingerprint) => !held.has(fingerprint));
      if (unknown !== undefined) throw new UserError(`${study} holds no fragment ${unknown}`);
      const before = readAccepted(path);
      const kept = [...before].filter(([fingerprint]) => !prune || held.has(fingerprint));
      const accepted = new Map(kept);
      for (const fingerprint of fragment ?? held) {
        if (!accepted.has(fingerprint)) accepted.set(fingerprint, reason);
      }
      await writeBaseline(path, { accepted });
      tell(
        `${counted(accepted.size, 'fragment')} accepted in ${path} (${accepted.size - kept.length} new, ${before.size - kept.length} removed)`,
      );
    });
}
