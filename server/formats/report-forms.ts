// The forms that a report can have. A new one is written on report-content.ts, and entered here: the command, its help
// and its reference page follow.

import type { ReportContent } from './report-content.ts';
import { reportCsv } from './report-csv.ts';
import { reportJson } from './report-json.ts';
import { reportMarkdown } from './report-markdown.ts';
import { reportSarif } from './report-sarif.ts';
import { type Rows, reportTable } from './report-table.ts';

export interface ReportForm {
  /** Places listed a fragment and side, unless another number is asked for. */
  readonly places: number;
  /** For people at a terminal; the others are read by programs or kept in files. */
  readonly isForTerminal?: true;
  /** The report's lines. */
  readonly write: (content: ReportContent, rows: Rows) => Iterable<string> | AsyncIterable<string>;
}

export const reportForms = {
  table: { places: 3, isForTerminal: true, write: reportTable },
  json: { places: 5, write: reportJson },
  csv: { places: 1, write: reportCsv },
  sarif: { places: 5, write: reportSarif },
  md: { places: 3, write: reportMarkdown },
  html: {
    places: 5,
    async *write(content) {
      // The plots' library is only loaded where they are drawn.
      const { reportHtml } = await import('./report-html.ts');
      yield* reportHtml(content);
    },
  },
} satisfies Readonly<Record<string, ReportForm>>;

export type ReportFormat = keyof typeof reportForms;

export const reportFormats = Object.keys(reportForms) as readonly ReportFormat[];
