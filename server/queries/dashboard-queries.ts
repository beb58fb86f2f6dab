// What the dashboard shows at once: numbers that stand in the study file, or that an index counts. Each question
// opens the file, reads and closes it: nothing is held between requests.

import { foreign, rawText, rawValue } from '../../guard/text/foreign.ts';
import type { Dashboard, DashboardOverview } from '../../protocol/dashboard.ts';
import type { FragmentRow, Page } from '../../protocol/fragments.ts';
import type { StudyId, StudyPlan } from '../../protocol/study.ts';
import type { Undisclosed } from '../answers/undisclosed.ts';
import { describeAccount } from '../formats/account-words.ts';
import { countFamilies } from '../store/counts.ts';
import { sumSampleMetrics } from '../store/metrics-table.ts';
import { topLicenses, topSources } from '../store/origins.ts';
import { listProblems } from '../store/problems.ts';
import { isDone } from '../store/stages-table.ts';
import { type Database, reading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { countTaxonomy } from '../store/taxonomy-counts.ts';
import { describeStudy } from '../study/describe-fragments-stage.ts';
import { listSelection, type SelectionRequest } from './dashboard-fragments.ts';
import { repeatCommand } from './repeat-command.ts';
import { summaryOf } from './study-summary.ts';

const PROBLEMS_SHOWN = 100;

export async function getDashboard(study: StudyId): Promise<Dashboard> {
  // Files of earlier versions, and imported ones, have not been described yet.
  await describeStudy(study);
  return reading(study, (db) => dashboardOf(db, study));
}

function dashboardOf(db: Database, study: StudyId): Dashboard {
  const summary = summaryOf(db, study);
  const isAnalysed = summary.nFragments !== null && isDone(db, 'measure');
  return {
    summary,
    environment: describeEnvironment(readStudy(db)?.environment ?? {}),
    repeat: repeatCommand(rawValue<StudyPlan>(summary.plan), rawText(summary.name)),
    problems: { total: summary.nProblems, first: listProblems(db, PROBLEMS_SHOWN) },
    ...(summary.account && { files: describeAccount(summary.account) }),
    overview: isAnalysed ? overview(db, summary.nFragments ?? 0) : null,
  };
}

export function listDashboardFragments(
  request: SelectionRequest & { readonly study: StudyId },
): Undisclosed<Page<FragmentRow>> {
  return reading(request.study, (db) => listSelection(db, request));
}

function overview(db: Database, nFragments: number): DashboardOverview {
  return {
    ...sumSampleMetrics(db),
    nFragments,
    nFamilies: countFamilies(db),
    taxonomy: isDone(db, 'describe') ? countTaxonomy(db) : null,
    sources: topSources(db),
    licenses: topLicenses(db),
  };
}

const SHOWN_FACTS: readonly (readonly [fact: string, name: string])[] = [
  ['verbatim', 'Verbatim'],
  ['node', 'Node'],
  ['system', 'System'],
  ['runtime', 'Runtime'],
  ['provider', 'Provider'],
  ['form', 'Graph form'],
  ['modelDigest', 'Model digest'],
];

function describeEnvironment(facts: Readonly<Record<string, unknown>>): Dashboard['environment'] {
  return SHOWN_FACTS.flatMap(([fact, name]) => {
    const value = facts[fact];
    return typeof value === 'string' || typeof value === 'number'
      ? [[name, foreign(String(value))] as const]
      : [];
  });
}
