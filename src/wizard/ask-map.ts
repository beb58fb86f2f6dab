// Asks for an extraction map, a question a step: a model, its training data, a control, and how windows are cut.

import type { PlanFile } from '../../protocol/plan-file.ts';
import type { StudyServer } from '../study-server.ts';
import { askMapSettings } from './ask-advanced.ts';
import { askColumn } from './ask-column.ts';
import { askControl, askCorpus, askModel } from './ask-sources.ts';
import type { LastAnswers } from './last-answers.ts';
import { type Answer, askInTurn, type Step } from './multi-step.ts';
import { titleOf } from './wizard-title.ts';

const N_STEPS = 5;

interface Parts {
  /** What relative places begin at. */
  readonly folder: string;
  readonly server: StudyServer;
  readonly last: Pick<LastAnswers, 'models' | 'corpora'>;
}

export async function askMapPlan(
  given: PlanFile,
  { folder, server, last }: Parts,
): Promise<PlanFile | 'back' | 'left'> {
  let plan = given;
  const at = (step: number): Step => ({ title: titleOf(plan.model), step, totalSteps: N_STEPS });
  const keep = <Value>(answer: Answer<Value>, change: (value: Value) => Partial<PlanFile>) => {
    if (answer.kind === 'answered') plan = { ...plan, ...change(answer.value) };
    return answer.kind === 'answered' ? 'next' : answer.kind;
  };
  const outcome = await askInTurn([
    async () => keep(await askModel(at(2), last.models), (model) => ({ model })),
    async () => keep(await askCorpus(at(3), last.corpora), (corpus) => ({ corpus })),
    async () => {
      const { columns: _, ...asked } = plan;
      plan = asked;
      const column = await askColumn(at(3), plan, folder, server);
      return column === null ? 'passed' : keep(column, (content) => ({ columns: { content } }));
    },
    async () => keep(await askControl(at(4)), (control) => ({ control })),
    async () => {
      const settled = await askMapSettings(at(5), plan);
      if (settled === 'back' || settled === 'left') return settled;
      plan = settled;
      return 'next';
    },
  ]);
  return outcome === 'done' ? plan : outcome;
}
