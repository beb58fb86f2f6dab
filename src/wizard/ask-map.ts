// Asks for an extraction map, a question a step: a model, its training data, a control, and how windows are cut.

import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { estimateMap, makePlan, type PlanFile } from '../../protocol/plan-file.ts';
import { windowsText } from '../counts-text.ts';
import { failureOf } from '../failure.ts';
import { withNotification } from '../notify.ts';
import { readExecution } from '../settings.ts';
import { durationText, sizeText } from '../studies/progress-text.ts';
import type { StudyServer } from '../study-server.ts';
import { askMapSettings } from './ask-advanced.ts';
import { askColumn } from './ask-column.ts';
import type { PlaceWay } from './ask-places.ts';
import { askControl, askCorpus, askModel } from './ask-sources.ts';
import type { LastAnswers } from './last-answers.ts';
import { type Answer, answered, askInTurn, type Step } from './multi-step.ts';
import { titleOf } from './wizard-title.ts';

const N_STEPS = 5;

/** What is wrong with the plan or its places is told here, where it can be changed. */
async function timeOf(plan: PlanFile, folder: string, server: StudyServer): Promise<string | null> {
  try {
    const { seconds, studyBytes, nWindows } = await withNotification(
      l10n.t('Measuring how long the map takes'),
      async (_, token) => {
        const made = await server.request(makePlan, { plan, folder }, token);
        return server.request(estimateMap, { plan: made, execution: readExecution() }, token);
      },
    );
    const { examine = 0, calibrate = 0 } = plan;
    const amounts = [
      durationText(seconds),
      windowsText(Math.round(nWindows)),
      sizeText(studyBytes),
      windowsText(examine + calibrate),
    ];
    return examine + calibrate === 0
      ? l10n.t('about {0} for {1}, at least {2} on the disk', ...amounts)
      : l10n.t(
          'about {0} for {1}, at least {2} on the disk; looking closely at {3} comes on top',
          ...amounts,
        );
  } catch (error) {
    const { code, message } = failureOf(error);
    return code === 'cancelled' ? null : forLabel(message);
  }
}

/** What ships with Verbatim, so that a first map needs nothing else. */
export interface ShippedPlaces {
  readonly model: string;
  readonly corpus: string;
}

const shippedModel = ({ model }: ShippedPlaces): PlaceWay => ({
  label: l10n.t('$(play) The demo’s model'),
  detail: l10n.t('A small model that ships with Verbatim, as its training data does.'),
  ask: async () => answered([model]),
});

const shippedCorpus = ({ corpus }: ShippedPlaces): PlaceWay => ({
  label: l10n.t('$(play) A part of the demo’s training data'),
  detail: l10n.t('The first of the shards that the demo’s model was trained on: a few minutes.'),
  ask: async () => answered([corpus]),
});

interface Parts {
  /** Null where it is not there. */
  readonly shipped: ShippedPlaces | null;
  /** What relative places begin at. */
  readonly folder: string;
  readonly server: StudyServer;
  readonly last: Pick<LastAnswers, 'models' | 'corpora'>;
}

export async function askMapPlan(
  given: PlanFile,
  { shipped, folder, server, last }: Parts,
): Promise<PlanFile | 'back' | 'left'> {
  let plan = given;
  const at = (step: number): Step => ({ title: titleOf(plan.model), step, totalSteps: N_STEPS });
  const keep = <Value>(answer: Answer<Value>, change: (value: Value) => Partial<PlanFile>) => {
    if (answer.kind === 'answered') plan = { ...plan, ...change(answer.value) };
    return answer.kind === 'answered' ? 'next' : answer.kind;
  };
  const outcome = await askInTurn([
    async () => {
      const way = shipped === null ? undefined : shippedModel(shipped);
      return keep(await askModel(at(2), last.models, 'read', way), (model) => ({ model }));
    },
    async () => {
      const way = shipped?.model === plan.model ? shippedCorpus(shipped) : undefined;
      return keep(await askCorpus(at(3), last.corpora, way), (corpus) => ({ corpus }));
    },
    async () => {
      const { columns: _, contents: __, ...asked } = plan;
      plan = asked;
      const column = await askColumn(at(3), plan, folder, server);
      return column === null ? 'passed' : keep(column, (texts) => texts);
    },
    async () => keep(await askControl(at(4)), (control) => ({ control })),
    async () => {
      const settled = await askMapSettings(at(5), plan, (now) => timeOf(now, folder, server));
      if (settled === 'back' || settled === 'left') return settled;
      plan = settled;
      return 'next';
    },
  ]);
  return outcome === 'done' ? plan : outcome;
}
