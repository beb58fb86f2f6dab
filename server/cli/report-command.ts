// `verbatim report STUDY`: what a study found, to standard output, in the form that is asked for.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { StudyState } from '../../protocol/study.ts';
import type { Disclosure } from '../answers/describe-fragments.ts';
import { isLocked } from '../file-lock.ts';
import { BASELINE_NAME, hasBaseline, readBaseline } from '../formats/baseline-file.ts';
import { fragmentEntries, gatherReport, type ReportContent } from '../formats/report-content.ts';
import { reportCsv } from '../formats/report-csv.ts';
import { reportJson } from '../formats/report-json.ts';
import { reportMarkdown } from '../formats/report-markdown.ts';
import { reportSarif } from '../formats/report-sarif.ts';
import { type Rows, reportTable } from '../formats/report-table.ts';
import { openForReading } from '../store/study-file.ts';
import { summarise } from '../store/summary.ts';
import { failOn, nothingToJudge } from './fail-on.ts';
import type { Condition } from './fail-on-condition.ts';
import { CONDITION_MET, failOnOption } from './fail-on-option.ts';
import { tell } from './tell.ts';
import { wholeNumber } from './whole-number.ts';
import { tellLines, writeLines } from './write-lines.ts';

type Format = 'table' | 'json' | 'csv' | 'sarif' | 'md' | 'html';
const formats: readonly Format[] = ['table', 'json', 'csv', 'sarif', 'md', 'html'];

export interface ReportRequest {
  readonly format: Format;
  /** Fragments, or families where the form shows those. */
  readonly top?: number;
  readonly rows?: Rows;
  readonly places?: number;
  readonly disclosure?: Disclosure;
  /** A baseline file; left out: the one in the working folder, if there is one. */
  readonly baseline?: string;
  readonly failOnNew?: boolean;
}

interface Options {
  readonly format: Format;
  readonly top?: number;
  readonly all?: boolean;
  readonly places?: number;
  readonly showSensitive?: boolean;
  readonly baseline?: string;
  readonly failOnNew?: boolean;
  readonly failOn?: readonly Condition[];
}

export function reportCommand(): Command {
  return new Command('report')
    .description('Print what a study found.')
    .argument('<study>', 'study file (.sqlite)')
    .addOption(new Option('--format <name>', 'how').choices(formats).default('table'))
    .option(
      '--top <n>',
      'fragments to show (table: 10 families, md: 20, html: 200, others: all)',
      wholeNumber,
    )
    .option('--all', 'table: every fragment a row, also those of one family')
    .option('--places <n>', 'places listed a fragment and side', wholeNumber)
    .option('--show-sensitive', 'show secrets and addresses instead of masking them')
    .option('--baseline <file>', `accepted fragments (default: ${BASELINE_NAME} here, if it is there)`)
    .option('--fail-on-new', `exit with ${CONDITION_MET} if a fragment is not in the baseline`)
    .addOption(failOnOption())
    .action(async (study: string, options: Options) => {
      const { state, hasNew } = await printReport(resolve(study), {
        ...options,
        rows: options.all ? 'fragments' : 'families',
        disclosure: options.showSensitive ? 'shown' : 'masked',
      });
      if (state !== 'complete') process.exitCode = 3;
      if (options.failOnNew) tell(`--fail-on-new: ${hasNew ? 'met' : 'not met'}`);
      if (hasNew) process.exitCode = CONDITION_MET;
      failOn(resolve(study), options.failOn);
    });
}

export interface PrintedReport {
  readonly state: StudyState;
  /** Whether some fragment is in no baseline, where that was asked for. */
  readonly hasNew: boolean;
}

export async function printReport(file: string, request: ReportRequest): Promise<PrintedReport> {
  using db = openForReading(file);
  const { format, top, disclosure = 'masked' } = request;
  const content = await gatherReport(db, summarise(db, file, isLocked(file)), {
    ...(top === undefined ? {} : { top }),
    places: request.places ?? defaultPlaces[format],
    disclosure,
    baseline: findBaseline(request.baseline),
  });
  await (format === 'table' ? tellLines : writeLines)(
    writeReport(content, format, request.rows ?? 'families'),
  );
  return { state: content.summary.state, hasNew: request.failOnNew === true && hasNewFragment(content) };
}

const defaultPlaces: Readonly<Record<Format, number>> = {
  table: 3,
  json: 5,
  csv: 1,
  sarif: 5,
  md: 3,
  html: 5,
};

/** The lines of a report. */
export async function* writeReport(
  content: ReportContent,
  format: Format,
  rows: Rows,
): AsyncGenerator<string> {
  switch (format) {
    case 'table':
      return yield* reportTable(content, rows);
    case 'json':
      return yield* reportJson(content);
    case 'csv':
      return yield* reportCsv(content);
    case 'sarif':
      return yield* reportSarif(content);
    case 'md':
      return yield* reportMarkdown(content);
    case 'html': {
      // The plots' library is only loaded where they are drawn.
      const { reportHtml } = await import('../formats/report-html.ts');
      return yield* reportHtml(content);
    }
  }
}

function findBaseline(asked: string | undefined) {
  const path = resolve(asked ?? BASELINE_NAME);
  if (asked === undefined && !hasBaseline(path)) return null;
  return readBaseline(path);
}

function hasNewFragment(content: ReportContent): boolean {
  if (content.summary.nFragments === null) throw nothingToJudge(content.summary.id, '--fail-on-new');
  const { top: _, ...options } = content.options;
  for (const { accepted } of fragmentEntries({ ...content, options: { ...options, places: 0 } })) {
    if (accepted === null) return true;
  }
  return false;
}
