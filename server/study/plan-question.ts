// The question of a plan's training data, for who asks before a study is made of the plan.

import { fromOthers } from '../../guard/text/foreign.ts';
import type { ContentQuestion } from '../../protocol/plan-file.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { listPlaces } from '../corpus/shard.ts';
import { walkOptions } from '../corpus/walk-folder.ts';
import { UserError } from '../errors.ts';
import { isHubName } from '../hub/hub-name.ts';
import { isRemoteLocation } from '../remote/remote-location.ts';
import { askContentColumn } from './user-files.ts';

/** Null where nothing is open. What is wrong with a place is told when the study starts. */
export async function questionOfPlan(
  { corpus, columns, ignore, contents }: StudyPlan,
  signal: AbortSignal,
): Promise<ContentQuestion | null> {
  const here = corpus.filter((place) => !isHubName(place) && !isRemoteLocation(place));
  if (here.length === 0 || contents !== undefined) return null;
  try {
    const { shards } = listPlaces(here, columns, walkOptions(ignore));
    const question = await askContentColumn(shards, signal);
    return question && fromOthers({ path: question.path, columns: question.columns });
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
