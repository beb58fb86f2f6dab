// What became of the files of a corpus, and which columns were read, in words: the same in every report.

import { compose, joinForeign } from '../../guard/text/compose.ts';
import type { Encodable, Foreign } from '../../guard/text/foreign.ts';
import type { ColumnsRead, CorpusAccount, PassedOverReason } from '../../protocol/corpus-account.ts';
import { count, counted } from './report-numbers.ts';

/** "1,234 files: 1,200 searched, 30 passed over: 18 ignored, 12 pictures; 4 problems" */
export function describeAccount(account: CorpusAccount): string {
  const { nFiles, nSearched, nPassedOver, passedOver, nProblems, nPending } = account;
  const reasons = passedOver.map(({ reason, nFiles: n }) => describeReason(reason, n)).join(', ');
  return [
    `${counted(nFiles, 'file')}: ${count(nSearched)} searched${nPassedOver > 0 ? `, ${count(nPassedOver)} passed over: ${reasons}` : ''}`,
    ...(nProblems > 0 ? [counted(nProblems, 'problem')] : []),
    ...(nPending > 0 ? [`${count(nPending)} not searched yet`] : []),
  ].join('; ');
}

const words: Readonly<Record<PassedOverReason, readonly [one: string, many: string]>> = {
  picture: ['picture', 'pictures'],
  binary: ['binary', 'binary'],
  empty: ['empty', 'empty'],
  ignored: ['ignored', 'ignored'],
  rules: ['ignore file', 'ignore files'],
  tools: ['in folders of tools', 'in folders of tools'],
  history: ['of version control', 'of version control'],
  description: ['description of a data set', 'descriptions of a data set'],
  duplicate: ['duplicate', 'duplicates'],
  link: ['linked twice', 'linked twice'],
  irregular: ['pipe, socket or device', 'pipes, sockets or devices'],
  unasked: ['not asked for', 'not asked for'],
};

/** "12 pictures". A study file may come from anywhere, and name what Verbatim does not. */
function describeReason(reason: PassedOverReason, n: number): string {
  const [one, many] = Object.hasOwn(words, reason)
    ? words[reason]
    : ['for another reason', 'for other reasons'];
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** "text in content, repository in repo_name, path in path (3 files)", for each set of columns. */
export function describeColumns(columns: readonly ColumnsRead[]): Foreign {
  return joinForeign(columns.map(describeSet), '; ');
}

function describeSet({ content, repository, path, license, nShards }: ColumnsRead): Foreign {
  const parts: readonly (readonly [string, Encodable | null])[] = [
    ['text', content],
    ['repository', repository],
    ['path', path],
    ['licence', license],
  ];
  const named = parts.flatMap(([part, name]) => (name === null ? [] : [compose`${part} in ${name}`]));
  return compose`${joinForeign(named, ', ')} (${counted(nShards, 'file')})`;
}
