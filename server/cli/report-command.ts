// `verbatim report STUDY`: what a study found, to standard output.

import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { reportJson } from '../formats/report-json.ts';
import { reportTable } from '../formats/report-table.ts';
import { isLocked, openForReading } from '../store/study-file.ts';
import { summarise } from '../store/summary.ts';

interface ReportOptions {
  readonly format: 'table' | 'json';
  readonly top?: number;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('Print what a study found.')
    .argument('<study>', 'study file (.sqlite)')
    .addOption(new Option('--format <name>', 'how').choices(['table', 'json']).default('table'))
    .option('--top <n>', 'fragments to show (table: 10, json: all)', Number)
    .action(async (study: string, options: ReportOptions) => {
      const state = await printReport(resolve(study), options);
      if (state === 'partial') process.exitCode = 3;
    });
}

export async function printReport(file: string, { format, top }: ReportOptions) {
  const db = openForReading(file);
  try {
    const summary = summarise(db, file, isLocked(file));
    const lines = format === 'json' ? reportJson(db, summary, top) : reportTable(db, summary, top ?? 10);
    for (const line of lines) process.stdout.write(`${line}\n`);
    return summary.state;
  } finally {
    db.close();
  }
}
