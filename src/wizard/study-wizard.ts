// Asks what to study, a question a step: the demo, or a model, its training data, how many samples, and how they
// are drawn. It starts nothing.

import { join } from 'node:path';
import { commands, l10n, workspace } from 'vscode';
import { mapSettings } from '../../protocol/map-settings.ts';
import type { PlanFile } from '../../protocol/plan-file.ts';
import { getDemoPlan } from '../../protocol/requests.ts';
import { failureOf } from '../failure.ts';
import { readPlanDefaults } from '../settings.ts';
import { listedStudies } from '../studies/listed-studies.ts';
import type { MeasuredSpeeds } from '../studies/measured-speeds.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import { askAdvanced } from './ask-advanced.ts';
import { askColumn } from './ask-column.ts';
import { askMapPlan, type ShippedPlaces } from './ask-map.ts';
import { askSize } from './ask-size.ts';
import { askCorpus, askFirstStudy, askModel, askPrompts, askServedName, isAddress } from './ask-sources.ts';
import { askStrategy, takesPrompts } from './ask-strategy.ts';
import type { LastAnswers } from './last-answers.ts';
import { type Answer, askChoice, askInTurn, type Step } from './multi-step.ts';
import { titleOf } from './wizard-title.ts';

export type StudyChoice =
  | { readonly kind: 'demo' }
  | { readonly kind: 'plan'; readonly plan: PlanFile; readonly folder: string };

export class StudyWizard {
  readonly #server: StudyServer;
  readonly #location: StudyLocation;
  readonly #last: LastAnswers;
  readonly #speeds: MeasuredSpeeds;

  constructor(server: StudyServer, location: StudyLocation, last: LastAnswers, speeds: MeasuredSpeeds) {
    this.#server = server;
    this.#location = location;
    this.#last = last;
    this.#speeds = speeds;
  }

  /** Null when the user leaves it. */
  async ask(): Promise<StudyChoice | null> {
    const kind = await askKind({ title: titleOf(''), step: 1, totalSteps: 6 });
    if (kind.kind !== 'answered') return null;
    if (kind.value === 'demo') return { kind: 'demo' };
    if (kind.value === 'plan') return this.#askPlan();
    if (kind.value === 'map') return this.#askMap();
    await commands.executeCommand('workbench.trust.manage');
    return null;
  }

  /** An extraction map: the same places, then windows instead of samples. */
  async #askMap(): Promise<StudyChoice | null> {
    const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? '/';
    const { topK, temperature } = readPlanDefaults();
    const defaults = Object.fromEntries(mapSettings.map(({ key, default: value }) => [key, value]));
    const drawing = {
      ...(topK === undefined ? {} : { topK }),
      ...(temperature === undefined ? {} : { temperature }),
    };
    const chosen = await askMapPlan(
      { ...defaults, ...drawing, model: '', corpus: [] },
      {
        folder,
        shipped: await this.#shippedPlaces(),
        server: this.#server,
        last: this.#last,
      },
    );
    if (chosen === 'back') return this.ask();
    if (chosen === 'left') return null;
    await this.#last.rememberPlaces(chosen);
    return { kind: 'plan', plan: chosen, folder };
  }

  /** A checkout has the demo's training data only once it was built: the demo itself says so. */
  async #shippedPlaces(): Promise<ShippedPlaces | null> {
    try {
      const { source, corpus } = await this.#server.request(getDemoPlan, {});
      const [shards] = corpus;
      if (source.model === null || shards === undefined) return null;
      return { model: source.model, corpus: join(shards, 'shard-0000.json.gz') };
    } catch (error) {
      if (failureOf(error).code === 'environment') return null;
      throw error;
    }
  }

  async #askPlan(): Promise<StudyChoice | null> {
    const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? '/';
    const { columns: _, contents: __, ...last } = this.#last.plan;
    let plan: PlanFile = { ...readPlanDefaults(), ...last, model: '', corpus: [] };
    const at = (step: number): Step => {
      const nExtra = takesPrompts(plan.strategy) ? 1 : 0;
      return {
        title: titleOf(plan.model),
        step: step < 6 ? step : step + nExtra - 1,
        totalSteps: 6 + nExtra,
      };
    };
    const keep = <Value>(answer: Answer<Value>, change: (value: Value) => Partial<PlanFile>) => {
      if (answer.kind === 'answered') plan = { ...plan, ...change(answer.value) };
      return answer.kind === 'answered' ? 'next' : answer.kind;
    };
    const outcome = await askInTurn([
      async () => keep(await askModel(at(2), this.#last.models, 'drawn'), (model) => ({ model })),
      async () => {
        const { servedName: before = '', start, ...rest } = plan;
        plan = rest;
        if (!isAddress(plan.model)) return 'passed';
        plan = askableOfServer(plan);
        return keep(await askServedName(at(2), before), (servedName) => ({
          servedName,
          ...(start === undefined ? {} : { start }),
        }));
      },
      async () => keep(await askCorpus(at(3), this.#last.corpora), (corpus) => ({ corpus })),
      async () => {
        const { columns: _, contents: __, ...asked } = plan;
        plan = asked;
        const column = await askColumn(at(3), plan, folder, this.#server);
        return column === null ? 'passed' : keep(column, (texts) => texts);
      },
      async () =>
        keep(await askSize(at(4), plan, folder, this.#server, this.#speeds), (samples) => ({ samples })),
      async () => {
        const answer = await askStrategy(at(5), plan.strategy ?? 'npg', isAddress(plan.model));
        return keep(answer, (strategy) => ({ strategy }));
      },
      async () => {
        if (!takesPrompts(plan.strategy)) {
          const { prompts: _, ...rest } = plan;
          plan = rest;
          return 'passed';
        }
        const asked =
          plan.strategy === 'pcg'
            ? await askPrompts(at(6), this.#last.plan.prompts)
            : await askFirstStudy(at(6), await listedStudies(this.#server, this.#location));
        return keep(asked, (prompts) => ({ prompts }));
      },
      async () => {
        const advanced = await askAdvanced(at(7), plan);
        if (advanced === 'back' || advanced === 'left') return advanced;
        plan = advanced;
        return 'next';
      },
    ]);
    if (outcome === 'back') return this.ask();
    if (outcome === 'left') return null;
    await this.#last.remember(plan);
    return { kind: 'plan', plan, folder };
  }
}

type Kind = 'demo' | 'plan' | 'map' | 'trust';

/** Without what was answered for a model here, and a server cannot be asked for. */
function askableOfServer({ int8: _, strategy, ...rest }: PlanFile): PlanFile {
  return strategy === undefined || strategy === 'tdg' ? rest : { ...rest, strategy };
}

function askKind(at: Step): Promise<Answer<Kind>> {
  return askChoice<Kind>(at, l10n.t('What is to be studied?'), [
    {
      value: 'demo',
      label: l10n.t('$(play) Run the demo'),
      detail: l10n.t('A small model that ships with Verbatim, and its real training data. About a minute.'),
    },
    ...(workspace.isTrusted
      ? ([
          {
            value: 'plan',
            label: l10n.t('$(beaker) Choose a model and its training data…'),
            detail: l10n.t('Folders of this machine, or names of the Hub.'),
          },
          {
            value: 'map',
            label: l10n.t('$(flame) What could be extracted…'),
            detail: l10n.t(
              'A map of the training data: how likely the model goes on with each piece, without sampling.',
            ),
          },
        ] as const)
      : ([
          {
            value: 'trust',
            label: l10n.t('$(workspace-untrusted) Trust this workspace…'),
            detail: l10n.t('Models and training data of your own are read in trusted workspaces only.'),
          },
        ] as const)),
  ]);
}
