// The machines that the user named: on the command line these are those of its own words and of the plan that it names.

import { remotePlaces } from '../../protocol/remote-places.ts';
import type { Execution, StudyPlan } from '../../protocol/study.ts';

export const naming = (execution: Execution, plans: readonly StudyPlan[]): Execution => ({
  ...execution,
  named: [...new Set(plans.flatMap(remotePlaces))],
});
