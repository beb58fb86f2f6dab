// Which column of the training data is the text, where it leaves that open: its rows have several, and a guess would search another text.

import { basename } from 'node:path';
import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { rawText } from '../../guard/text/foreign.ts';
import { askContentColumn, makePlan, type PlanFile } from '../../protocol/plan-file.ts';
import type { StudyServer } from '../study-server.ts';
import { type Answer, askChoice, type Step } from './multi-step.ts';

/** Null where there is nothing to ask. */
export async function askColumn(
  at: Step,
  plan: PlanFile,
  folder: string,
  server: StudyServer,
): Promise<Answer<string> | null> {
  const { prompts: _, strategy: __, ...rest } = plan;
  const made = await server.request(makePlan, { plan: rest, folder });
  const question = await server.request(askContentColumn, { plan: made });
  if (question === null || question.columns.length === 0) return null;
  const name = forLabel(basename(rawText(question.path)));
  return askChoice(
    at,
    l10n.t('Which column of {0} is the text?', name),
    question.columns.map((column) => ({ value: rawText(column), label: forLabel(column) })),
  );
}
