// Asks how many samples, with what each number would cost here: by what earlier studies took on this machine, or, and
// then it says so, by the sizes of the model and the training data.

import { l10n } from 'vscode';
import { estimateStudy, makePlan, type PlanFile, type StudyEstimate } from '../../protocol/plan-file.ts';
import { planSettings } from '../../protocol/plan-settings.ts';
import { readSetting } from '../settings.ts';
import type { MeasuredSpeeds } from '../studies/measured-speeds.ts';
import { durationText, sizeText } from '../studies/progress-text.ts';
import type { StudyServer } from '../study-server.ts';
import { problemOf } from './ask-advanced.ts';
import { type Answer, answered, askChoice, askText, type Choice, type Step } from './multi-step.ts';

/** Sizes that are always offered: a quick look, and as many samples as the published study took. */
const SIZES = [256, 20_000];
const OTHER = -1;

export async function askSize(
  at: Step,
  plan: PlanFile,
  folder: string,
  server: StudyServer,
  speeds: MeasuredSpeeds,
): Promise<Answer<number>> {
  const sizes = [...new Set([...SIZES, readSetting('sampling.samples'), plan.samples ?? 0])]
    .filter((size) => size > 0)
    .sort((a, b) => a - b);
  // How samples are drawn is asked later, and costs the same.
  const { prompts: _, ...rest } = plan;
  const made = await server.request(makePlan, { plan: { ...rest, strategy: 'npg' }, folder });
  const estimate = await server.request(estimateStudy, { plan: made, sizes, speeds: speeds.known });
  const choices: Choice<number>[] = estimate.sizes.map((size) => ({
    value: size.nSamples,
    label: l10n.t('{0} samples', size.nSamples.toLocaleString()),
    description: size.nSamples === 20_000 ? l10n.t('as many as the published study took') : '',
    detail: detailOf(size, estimate),
  }));
  choices.push({ value: OTHER, label: l10n.t('$(edit) Another number…') });
  for (;;) {
    const size = await askChoice(at, l10n.t('How many samples?'), choices, plan.samples);
    if (size.kind !== 'answered' || size.value !== OTHER) return size;
    const { title, type } = planSettings[0];
    const typed = await askText(at, l10n.t(title), String(plan.samples ?? 2000), (text) =>
      problemOf(type, text),
    );
    if (typed.kind === 'answered') return answered(Number(typed.value));
    if (typed.kind === 'left') return typed;
  }
}

function detailOf(
  { seconds, diskBytes }: StudyEstimate['sizes'][number],
  { basis, nCores }: StudyEstimate,
): string {
  const disk = sizeText(diskBytes);
  if (seconds === null) return l10n.t('Time unknown before the download · about {0} on the disk', disk);
  const duration = durationText(seconds);
  return basis === 'measured'
    ? l10n.t('About {0}, as fast as your last studies here · {1} on the disk', duration, disk)
    : l10n.t('About {0} on {1} cores, by the model’s size · {2} on the disk', duration, nCores, disk);
}
