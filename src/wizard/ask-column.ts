// Which column of the training data is the text, where it leaves that open: its rows have several, and a guess would search another text.
// Or its rows hold no texts at all but the names of blobs, which lie elsewhere.

import { basename } from 'node:path';
import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { rawText } from '../../guard/text/foreign.ts';
import { askContentColumn, makePlan, type PlanFile } from '../../protocol/plan-file.ts';
import type { StudyServer } from '../study-server.ts';
import { type Answer, answered, askChoice, askText, type Choice, type Step } from './multi-step.ts';

/** What a plan says of its rows' texts. */
export type TextAnswer = Pick<PlanFile, 'columns' | 'contents'>;

/** Called so in The Stack v2, Stack-Edu and what is made of them. */
const BLOBS = 'blob_id';
const SOFTWARE_HERITAGE = 's3://softwareheritage/content/';

/** Null where there is nothing to ask. */
export async function askColumn(
  at: Step,
  plan: PlanFile,
  folder: string,
  server: StudyServer,
): Promise<Answer<TextAnswer> | null> {
  const { prompts: _, strategy: __, ...rest } = plan;
  const made = await server.request(makePlan, { plan: rest, folder });
  const question = await server.request(askContentColumn, { plan: made });
  if (question === null || question.columns.length === 0) return null;
  const name = forLabel(basename(rawText(question.path)));
  const columns = question.columns.map((column) => ({
    value: { columns: { content: rawText(column) } },
    label: forLabel(column),
  }));
  const isText = ({ value }: (typeof columns)[number]) => value.columns.content !== BLOBS;
  if (columns.every(isText)) return askChoice(at, l10n.t('Which column of {0} is the text?', name), columns);
  const answer = await askChoice<TextAnswer | 'elsewhere'>(
    at,
    l10n.t('{0} holds the names of blobs. Where are their texts?', name),
    [...placesOfBlobs(), ...columns.filter(isText)],
  );
  if (answer.kind !== 'answered' || answer.value !== 'elsewhere') return answer as Answer<TextAnswer>;
  const place = await askContents(at, '');
  return place.kind === 'answered' ? answered({ contents: place.value }) : place;
}

const placesOfBlobs = (): readonly Choice<TextAnswer | 'elsewhere'>[] => [
  {
    value: { contents: SOFTWARE_HERITAGE },
    label: l10n.t('$(globe) At Software Heritage'),
    description: SOFTWARE_HERITAGE,
    detail: l10n.t('Each blob is fetched when its row is read, and kept in the cache.'),
  },
  { value: 'elsewhere', label: l10n.t('$(globe) Name another place of them…') },
];

/** Asks where texts lie whose names the rows hold. */
export const askContents = (at: Step, before: string): Promise<Answer<string>> =>
  askText(
    at,
    l10n.t('Place of the texts, such as s3://bucket/folder/ or https://host/folder/'),
    before === '' ? 's3://' : before,
    (text) =>
      /^(s3|https?):\/\/\w/i.test(text.trim())
        ? undefined
        : l10n.t('Places look like s3://bucket/folder/ or https://host/folder/.'),
  );
