// What stands at the head of every report on an extraction map.

import { forTerminal } from '../../../guard/text/for-terminal.ts';
import type { Encodable } from '../../../guard/text/foreign.ts';
import { describeAccount, describeColumns } from '../account-words.ts';
import { count, counted, percentInterval } from '../report-numbers.ts';
import { stateWord } from '../report-words.ts';
import { describeMap, describeRead, type MapReport } from './map-content.ts';

export function* mapFacts(report: MapReport): Generator<readonly [name: string, value: Encodable]> {
  const { summary, measures } = report;
  const { counts, rates } = measures;
  const failure = summary.failure === null ? '' : `: ${forTerminal(summary.failure).split('\n')[0]}`;
  yield [
    'Study',
    `${forTerminal(summary.id)} (${stateWord(summary.state)}${failure}, ${(summary.elapsedMs / 1000).toFixed(1)} s)`,
  ];
  yield ['Model', summary.plan.source.model ?? ''];
  yield ['Map', describeMap(report)];
  yield ['Corpus', describeRead(counts)];
  if (summary.account) yield ['Files', describeAccount(summary.account)];
  if (summary.columnsRead.length > 0) yield ['Columns', describeColumns(summary.columnsRead)];
  if (summary.nProblems > 0)
    yield ['Problems', `${count(summary.nProblems)} in the data: what could not be read is not counted`];
  for (const message of report.problems) yield ['', message];
  yield ['Windows', `${count(rates.nWindows)} of ${counted(counts.nTokens, 'token')}`];
  if (rates.nWindows === 0) return;
  yield ['Greedy', `${percentInterval(rates.greedy.share)} of windows: every token is the likeliest`];
  yield ['Argmax', `${percentInterval(rates.argmax)} of the suffixes’ tokens are the likeliest`];
}
