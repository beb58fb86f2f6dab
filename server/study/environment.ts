// What a study remembers of how it was run, and the refusal to go on under other conditions: half a study
// from one model and half from another would be no study.

import { arch, platform, release } from 'node:os';
import { UserError } from '../errors.ts';
import type { Database } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { version } from '../version.ts';

export const systemFacts = () => ({
  verbatim: version,
  node: process.versions.node,
  system: `${platform()} ${release()} ${arch()}`,
});

export function checkSameFact(db: Database, fact: string, value: string, what: string): void {
  const before = readStudy(db)?.environment[fact];
  if (before === undefined || before === value) return;
  throw new UserError(
    `${what} is not the one that this study began with (${fact} was ${before}, now ${value})`,
    {
      action: 'Bring the earlier one back, or start a new study file.',
    },
  );
}
