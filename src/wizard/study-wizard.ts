// Asks what to study, a question a step: the demo, or a model, its training data, how many samples, and how they
// are drawn. It starts nothing.

import { basename } from 'node:path';
import { commands, l10n, workspace } from 'vscode';
import { estimateStudy, makePlan, type PlanFile } from '../../protocol/plan-file.ts';
import type { Strategy } from '../../protocol/study.ts';
import { readSetting } from '../settings.ts';
import { durationText, sizeText } from '../studies/progress-text.ts';
import type { StudyServer } from '../study-server.ts';
import { askCorpus, askModel } from './ask-places.ts';
import type { LastAnswers } from './last-answers.ts';
import {
  type Answer,
  answered,
  askChoice,
  askInTurn,
  askText,
  type Choice,
  type Step,
} from './multi-step.ts';

export type StudyChoice =
  | { readonly kind: 'demo' }
  | { readonly kind: 'plan'; readonly plan: PlanFile; readonly folder: string };

const TOTAL_STEPS = 6;
/** A quick look, a working size, and the published study's. */
const SIZES = [256, 20_000];

export class StudyWizard {
  readonly #server: StudyServer;
  readonly #last: LastAnswers;

  constructor(server: StudyServer, last: LastAnswers) {
    this.#server = server;
    this.#last = last;
  }

  /** Null when the user leaves it. */
  async ask(): Promise<StudyChoice | null> {
    let choice: StudyChoice['kind'] = 'plan';
    let plan: PlanFile = { ...defaults(), ...this.#last.plan, model: '', corpus: [] };
    const at = (step: number): Step => ({ title: titleOf(plan), step, totalSteps: TOTAL_STEPS });
    const keep = <Value>(answer: Answer<Value>, take: (value: Value) => void) => {
      if (answer.kind === 'answered') take(answer.value);
      return answer.kind === 'answered' ? 'next' : answer.kind;
    };
    const outcome = await askInTurn([
      async () => {
        const kind = await askKind({ title: l10n.t('Run Memorization Study'), step: 1, totalSteps: 6 });
        if (kind.kind === 'answered' && kind.value === 'trust') {
          await commands.executeCommand('workbench.trust.manage');
          return 'left';
        }
        return keep(kind, (value) => {
          if (value !== 'trust') choice = value;
        });
      },
      async () => {
        if (choice === 'demo') return 'passed';
        return keep(await askModel(at(2), this.#last.models), (model) => {
          plan = { ...plan, model };
        });
      },
      async () => {
        if (choice === 'demo') return 'passed';
        return keep(await askCorpus(at(3), this.#last.corpora), (corpus) => {
          plan = { ...plan, corpus };
        });
      },
      async () => {
        if (choice === 'demo') return 'passed';
        return keep(await this.#askSize(at(4), plan), (samples) => {
          plan = { ...plan, samples };
        });
      },
      async () => {
        if (choice === 'demo') return 'passed';
        return keep(await askStrategy(at(5), plan.strategy ?? 'npg'), (strategy) => {
          plan = { ...plan, strategy };
        });
      },
      async () => {
        if (choice === 'demo') return 'passed';
        const advanced = await askAdvanced(at(6), plan);
        if (advanced === 'back' || advanced === 'left') return advanced;
        plan = advanced;
        return 'next';
      },
    ]);
    if (outcome === 'left') return null;
    if ((choice as StudyChoice['kind']) === 'demo') return { kind: 'demo' };
    await this.#last.remember(plan);
    return { kind: 'plan', plan, folder: workspace.workspaceFolders?.[0]?.uri.fsPath ?? '/' };
  }

  /** With what each would cost here, where that can be told. */
  async #askSize(at: Step, plan: PlanFile): Promise<Answer<number>> {
    const sizes = [...new Set([...SIZES, readSetting('sampling.samples'), plan.samples ?? 0])]
      .filter((size) => size > 0)
      .sort((a, b) => a - b);
    const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? '/';
    const made = await this.#server.request(makePlan, { plan: { ...plan, strategy: 'npg' }, folder });
    const estimate = await this.#server.request(estimateStudy, { plan: made, sizes });
    const choices: Choice<number>[] = estimate.sizes.map(({ nSamples, seconds, diskBytes }) => ({
      value: nSamples,
      label: l10n.t('{0} samples', nSamples.toLocaleString()),
      description: nSamples === 20_000 ? l10n.t('as many as the published study took') : '',
      detail:
        seconds === null
          ? l10n.t('Time unknown before the download · about {0} on the disk', sizeText(diskBytes))
          : l10n.t(
              'About {0} on this processor · {1} on the disk',
              durationText(seconds),
              sizeText(diskBytes),
            ),
    }));
    const other = -1;
    choices.push({ value: other, label: l10n.t('$(edit) Another number…') });
    const size = await askChoice(at, l10n.t('How many samples?'), choices, plan.samples);
    if (size.kind !== 'answered' || size.value !== other) return size;
    const typed = await askText(at, l10n.t('Number of samples'), String(plan.samples ?? 2000), wholeNumber);
    if (typed.kind === 'back') return this.#askSize(at, plan);
    return typed.kind === 'answered' ? answered(Number(typed.value)) : typed;
  }
}

function defaults(): Partial<PlanFile> {
  return {
    samples: readSetting('sampling.samples'),
    maxTokens: readSetting('sampling.maxTokens'),
    topK: readSetting('sampling.topK'),
    temperature: readSetting('sampling.temperature'),
    seed: readSetting('sampling.seed'),
    minLines: readSetting('detection.minLines'),
    profile: readSetting('detection.profile'),
  };
}

const titleOf = ({ model }: PlanFile): string =>
  model === '' ? l10n.t('Run Memorization Study') : l10n.t('Study of {0}', basename(model));

function askKind(at: Step): Promise<Answer<'demo' | 'plan' | 'trust'>> {
  return askChoice<'demo' | 'plan' | 'trust'>(at, l10n.t('What is to be studied?'), [
    {
      value: 'demo',
      label: l10n.t('$(play) Run the demo'),
      detail: l10n.t('A small model that ships with Verbatim, and its real training data. About a minute.'),
    },
    workspace.isTrusted
      ? {
          value: 'plan',
          label: l10n.t('$(beaker) Choose a model and its training data…'),
          detail: l10n.t('Folders of this machine, or names of the Hub.'),
        }
      : {
          value: 'trust',
          label: l10n.t('$(workspace-untrusted) Trust this workspace…'),
          detail: l10n.t('Models and training data of your own are read in trusted workspaces only.'),
        },
  ]);
}

/** The other two continue prompts, which a plan file names. */
function askStrategy(at: Step, current: Strategy): Promise<Answer<Strategy>> {
  return askChoice<Strategy>(
    at,
    l10n.t('How are samples drawn?'),
    [
      {
        value: 'npg',
        label: l10n.t('Without a prompt'),
        detail: l10n.t('The model writes whatever it likes: the published study’s first strategy.'),
      },
      {
        value: 'tdg',
        label: l10n.t('With a falling temperature'),
        detail: l10n.t('The first 20 tokens are drawn wildly, so that samples differ more.'),
      },
    ],
    current,
  );
}

type Advanced = 'start' | 'maxTokens' | 'topK' | 'temperature' | 'seed' | 'minLines' | 'profile';

/** Starts, or changes one value after another first. */
async function askAdvanced(at: Step, given: PlanFile): Promise<PlanFile | 'back' | 'left'> {
  let plan = given;
  for (;;) {
    const row = (value: Exclude<Advanced, 'start'>, label: string): Choice<Advanced> => ({
      value,
      label: `$(edit) ${label}`,
      description: String(plan[value]),
    });
    const answer = await askChoice<Advanced>(at, l10n.t('Start, or change a value first'), [
      {
        value: 'start',
        label: l10n.t('$(run) Start the study'),
        detail: l10n.t('{0} samples of {1}', (plan.samples ?? 0).toLocaleString(), plan.model),
      },
      row('maxTokens', l10n.t('Tokens of a sample, at most')),
      row('topK', l10n.t('Top-k (0: the whole vocabulary)')),
      row('temperature', l10n.t('Temperature (0: always the likeliest)')),
      row('seed', l10n.t('Seed')),
      row('minLines', l10n.t('Fewest equal lines')),
      row('profile', l10n.t('When two lines are equal: exact-1 or text-1')),
    ]);
    if (answer.kind !== 'answered') return answer.kind;
    if (answer.value === 'start') return plan;
    const name = answer.value;
    const typed = await askText(at, name, String(plan[name]), (text) => problemOf(name, text));
    if (typed.kind === 'left') return 'left';
    if (typed.kind === 'answered') {
      plan = { ...plan, [name]: name === 'profile' ? typed.value : Number(typed.value) };
    }
  }
}

function problemOf(name: Exclude<Advanced, 'start'>, text: string): string | undefined {
  if (name === 'profile') {
    return ['exact-1', 'text-1'].includes(text.trim()) ? undefined : l10n.t('It is exact-1 or text-1.');
  }
  if (name === 'temperature') {
    return /^\d+(\.\d+)?$/.test(text.trim()) ? undefined : l10n.t('It must be a number of 0 or more.');
  }
  return /^\d+$/.test(text.trim()) && (Number(text) > 0 || name === 'topK' || name === 'seed')
    ? undefined
    : wholeNumber(text);
}

const wholeNumber = (text: string): string | undefined =>
  /^[1-9]\d{0,8}$/.test(text.trim()) ? undefined : l10n.t('It must be a whole number of at least 1.');
