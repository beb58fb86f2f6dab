// The layouts of other tools that a study can be written in, and made of. A new one is entered here: the commands, their
// help and their reference page follow.

import type { Disclosure } from '../answers/undisclosed.ts';
import type { Database } from '../store/study-file.ts';
import { exportStudy } from './published/export-study.ts';
import { type ImportedStudy, importStudy, type Meanwhile } from './published/import-study.ts';

export interface ExportLayout {
  /** The layout in a few words, for help. */
  readonly doc: string;
  /** Writes the study into a folder, and says in sentences where things are. */
  readonly write: (db: Database, folder: string, disclosure: Disclosure) => Promise<readonly string[]>;
  /** Reads a study out of a folder; `run` names one of several. */
  readonly read: (folder: string, run: string | undefined, meanwhile?: Meanwhile) => Promise<ImportedStudy>;
}

export const exportLayouts = {
  published: {
    doc: 'the published study’s files',
    async write(db, folder, disclosure) {
      const { results, logs } = await exportStudy(db, folder, disclosure);
      return [`Samples in ${results}`, `Logs and statistics in ${logs}`];
    },
    read: importStudy,
  },
} satisfies Readonly<Record<string, ExportLayout>>;

export type LayoutName = keyof typeof exportLayouts;

export const layoutNames = Object.keys(exportLayouts) as readonly LayoutName[];
