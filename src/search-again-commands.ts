// The commands that look into a study's samples once more: into those of a study that has not come to its end, and for
// shorter pieces where nothing was found. What comes of it is a study of its own, but for shards that are scanned already.

import { l10n } from 'vscode';
import { rawText, rawValue } from '../guard/text/foreign.ts';
import { getStudy } from '../protocol/requests.ts';
import { searchAgain, shorterThan } from '../protocol/search-again.ts';
import { isDrawn, type StudyId, type StudyPlan, type StudySummary } from '../protocol/study.ts';
import type { CommandMap } from './command-map.ts';
import { UserFault } from './failure.ts';
import type { StudyLocation } from './studies/study-location.ts';
import type { StudyServer } from './study-server.ts';
import type { StudyNode } from './tree/tree-node.ts';
import type { WorkspaceGate } from './trust/workspace-gate.ts';

interface Parts {
  readonly server: Pick<StudyServer, 'request'>;
  readonly location: Pick<StudyLocation, 'newFile'>;
  readonly gate: Pick<WorkspaceGate, 'requireAdmitted'>;
  /** Runs a study and shows what came of it. */
  readonly run: (study: StudyId, plan: StudyPlan | null, upTo?: 'scanned') => Promise<void>;
}

export function searchAgainCommands({
  server,
  location,
  gate,
  run,
}: Parts): Pick<CommandMap, 'verbatim.showSoFar' | 'verbatim.showClosest'> {
  const read = (target: StudyNode | StudyId): Promise<StudySummary> => {
    const study = typeof target === 'string' ? target : target.study;
    gate.requireAdmitted([study]);
    return server.request(getStudy, { study });
  };
  const search = async ({ id, name, plan }: StudySummary, ending: string, minLines: number) => {
    const file = await location.newFile(`${rawText(name)}-${ending}`);
    await run(file, searchAgain(id, rawValue<StudyPlan>(plan), minLines));
  };

  return {
    async 'verbatim.showSoFar'(target) {
      const summary = await read(target);
      if (summary.nSamples === 0) {
        throw new UserFault(l10n.t('No sample has been made yet.'), l10n.t('Let the study run for a while.'));
      }
      if (isBeingScanned(summary) && summary.state !== 'running') return run(summary.id, null, 'scanned');
      await search(summary, 'so-far', summary.plan.rule.minLines);
    },
    async 'verbatim.showClosest'(target) {
      const summary = await read(target);
      await search(summary, 'closest', shorterThan(summary.plan.rule.minLines));
    },
  };
}

/** Its samples are all made: what the scanned shards hold is known without looking into them again. */
const isBeingScanned = ({ plan, nSamples, nShardsScanned }: StudySummary): boolean =>
  nShardsScanned > 0 && (!isDrawn(plan.source) || nSamples >= plan.sampling.nSamples);
