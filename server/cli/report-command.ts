// `verbatim report STUDY`: what a study found, to standard output, in the form that is asked for.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { StudyState } from '../../protocol/study.ts';
import type { Disclosure } from '../answers/undisclosed.ts';
import { UserError } from '../errors.ts';
import { BASELINE_NAME, hasBaseline, readBaseline } from '../formats/baseline-file.ts';
import { gatherMapReport, type MapReport } from '../formats/maps/map-content.ts';
import { mapForms } from '../formats/maps/map-forms.ts';
import { fragmentEntries, gatherReport, type ReportContent } from '../formats/report-content.ts';
import { gatherFiles, reportFiles } from '../formats/report-files.ts';
import { type ReportForm, type ReportFormat, reportFormats, reportForms } from '../formats/report-forms.ts';
import type { Rows } from '../formats/report-table.ts';
import { summaryOf } from '../queries/study-summary.ts';
import { readRegionGroups } from '../store/maps/map-regions.ts';
import { type Database, openForReading } from '../store/study-file.ts';
import { failOn, isMapped, nothingToJudge } from './fail-on.ts';
import type { Condition } from './fail-on-condition.ts';
import { CONDITION_MET, failOnOption } from './fail-on-option.ts';
import { tell } from './tell.ts';
import { wholeNumber } from './whole-number.ts';
import { tellLines, writeLines } from './write-lines.ts';

export interface ReportRequest {
  readonly format: ReportFormat;
  /** The most fragments, or families where the form shows those. */
  readonly top?: number;
  readonly rows?: Rows;
  readonly places?: number;
  readonly disclosure?: Disclosure;
  /** A baseline file; left out: the one in the working folder, if there is one. */
  readonly baseline?: string;
  readonly failOnNew?: boolean;
}

interface Options {
  readonly format: ReportFormat;
  readonly top?: number;
  readonly all?: boolean;
  readonly files?: boolean;
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
    .addOption(new Option('--format <name>', 'how').choices(reportFormats).default('table'))
    .option(
      '--top <n>',
      'fragments to show (table: 10 families, md: 20, html: 200, others: all)',
      wholeNumber,
    )
    .option('--all', 'table: every fragment a row, also those of one family')
    .option('--files', 'instead: the files that were not searched, each with why (table, json, csv)')
    .option('--places <n>', 'places listed a fragment and side', wholeNumber)
    .option('--show-sensitive', 'show secrets and addresses instead of masking them')
    .option('--baseline <file>', `accepted fragments (default: ${BASELINE_NAME} here, if it is there)`)
    .option(
      '--fail-on-new',
      `exit with ${CONDITION_MET} if a fragment, or a region of a map, is not in the baseline`,
    )
    .addOption(failOnOption())
    .action(async (study: string, options: Options) => {
      const disclosure = options.showSensitive ? 'shown' : 'masked';
      if (options.files) return printFiles(resolve(study), options.format, disclosure);
      const { state, hasNew } = await printReport(resolve(study), {
        ...options,
        rows: options.all ? 'fragments' : 'families',
        disclosure,
      });
      if (state !== 'complete') process.exitCode = 3;
      if (options.failOnNew) tell(`--fail-on-new: ${hasNew ? 'met' : 'not met'}`);
      if (hasNew) process.exitCode = CONDITION_MET;
      failOn(resolve(study), options.failOn);
    });
}

/** What became of the files of the corpus. */
async function printFiles(file: string, format: ReportFormat, disclosure: Disclosure): Promise<void> {
  if (format !== 'table' && format !== 'json' && format !== 'csv') {
    throw new UserError(`--files has no form ${format}`, { action: 'Its forms are table, json and csv.' });
  }
  using db = openForReading(file);
  const summary = summaryOf(db, file);
  const lines = reportFiles(await gatherFiles(db, disclosure), summary, format);
  await (format === 'table' ? tellLines : writeLines)(lines);
  if (summary.state !== 'complete') process.exitCode = 3;
}

export interface PrintedReport {
  readonly state: StudyState;
  /** Whether some fragment is in no baseline, where that was asked for. */
  readonly hasNew: boolean;
}

export async function printReport(file: string, request: ReportRequest): Promise<PrintedReport> {
  using db = openForReading(file);
  if (summaryOf(db, file).plan.source.kind === 'map') return await printMapReport(db, file, request);
  const { top, disclosure = 'masked' } = request;
  const form: ReportForm = reportForms[request.format];
  const content = await gatherReport(db, summaryOf(db, file), {
    ...(top === undefined ? {} : { top }),
    places: request.places ?? form.places,
    disclosure,
    baseline: findBaseline(request.baseline),
  });
  await (form.isForTerminal ? tellLines : writeLines)(form.write(content, request.rows ?? 'families'));
  return { state: content.summary.state, hasNew: request.failOnNew === true && hasNewFragment(content) };
}

async function printMapReport(db: Database, file: string, request: ReportRequest): Promise<PrintedReport> {
  const { format, top, places, disclosure = 'masked' } = request;
  const report = await gatherMapReport(db, summaryOf(db, file), {
    ...(top === undefined ? {} : { top }),
    ...(places === undefined ? {} : { places }),
    disclosure,
    baseline: findBaseline(request.baseline),
  });
  await (format === 'table' ? tellLines : writeLines)(mapForms[format](report));
  return { state: report.summary.state, hasNew: request.failOnNew === true && hasNewRegion(report) };
}

function hasNewRegion({ db, summary, options: { baseline } }: MapReport): boolean {
  if (!isMapped(summary)) throw nothingToJudge(summary.id, '--fail-on-new');
  return readRegionGroups(db).some(({ fingerprint }) => baseline?.accepted.has(fingerprint) !== true);
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
