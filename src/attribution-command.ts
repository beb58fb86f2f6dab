// The attribution list of the text in front: what of it stands in the training data, under which licence, where, and how
// often. It is written from the marks that the editor shows.

import { basename, extname } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import { forCsv } from '../guard/text/for-csv.ts';
import { forMarkdownCell } from '../guard/text/for-markdown.ts';
import { type Encodable, foreign } from '../guard/text/foreign.ts';
import type { CommandMap } from './command-map.ts';
import type { TextMark, TextMarks } from './decorations/text-marks.ts';
import { labelsOf } from './documents/provenance-labels.ts';
import { UserFault } from './failure.ts';
import { showInformation } from './notify.ts';
import { requireTrust } from './trust/require-trust.ts';

export function attributionCommand(
  marks: Pick<TextMarks, 'read' | 'tracked'>,
  /** Looks for memorised code in the text in front. */
  search: () => Promise<void>,
): Pick<CommandMap, 'verbatim.saveAttribution'> {
  return {
    async 'verbatim.saveAttribution'(given) {
      requireTrust(l10n.t('Results are only saved in trusted workspaces.'));
      const document = window.activeTextEditor?.document;
      if (document === undefined) {
        throw new UserFault(l10n.t('No text is open.'), l10n.t('Open a sample or a file first.'));
      }
      const marksOf = async () => (await marks.read(document.uri))?.marks ?? marks.tracked(document);
      // What fails to be searched says why; then nothing is marked.
      const known = (await marksOf()) ?? (await search().then(marksOf)) ?? [];
      const name = basename(document.uri.path, extname(document.uri.path));
      const file = given ?? (await askFile(name));
      if (file === undefined) return;
      const write = /\.md$/i.test(file.path) ? asMarkdown : asCsv;
      await workspace.fs.writeFile(file, new TextEncoder().encode(write(attributionRows(known))));
      const open = l10n.t('Open');
      const text = l10n.t('The attribution list is saved: {0}.', basename(file.path));
      void showInformation(text, open).then((chosen) =>
        chosen === open ? window.showTextDocument(file) : undefined,
      );
    },
  };
}

async function askFile(name: string): Promise<Uri | undefined> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return window.showSaveDialog({
    title: l10n.t('Save the attribution list as .csv or .md'),
    ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, `${name}.attribution.csv`) }),
    filters: { CSV: ['csv'], Markdown: ['md'] },
  });
}

const HEAD = [
  'lines',
  'licence (SPDX)',
  'other licences',
  'repository',
  'path',
  'in the training data',
  'repositories',
  'fingerprint',
];

type Row = readonly Encodable[];

/** One row for each piece that lies in no longer one, in the order of the text. */
function attributionRows(marks: readonly TextMark[]): readonly Row[] {
  const outer = marks.filter(
    (mark) =>
      !marks.some(
        (other) =>
          other.firstLine <= mark.firstLine &&
          other.lastLine >= mark.lastLine &&
          other.lastLine - other.firstLine > mark.lastLine - mark.firstLine,
      ),
  );
  return outer.toSorted((a, b) => a.firstLine - b.firstLine).map(rowOf);
}

function rowOf({ firstLine, lastLine, source, licenses, train, nRepositories, fingerprint }: TextMark): Row {
  const named = source && labelsOf(source);
  const others = licenses.map((license) => labelsOf({ ...NOWHERE, license }).license || 'unknown');
  const license = named?.license || 'unknown';
  return [
    `${firstLine}-${lastLine}`,
    license,
    [...new Set(others)].filter((other) => other !== license).join(' '),
    named?.repository ?? '',
    named?.path ?? '',
    train,
    nRepositories,
    fingerprint,
  ];
}

const NOWHERE = { shard: foreign(''), row: 0, repository: foreign(''), path: foreign('') };

const asCsv = (rows: readonly Row[]) =>
  [HEAD, ...rows].map((row) => `${row.map((cell) => forCsv(cell)).join(',')}\n`).join('');

function asMarkdown(rows: readonly Row[]): string {
  const line = (cells: readonly Encodable[]) =>
    `| ${cells.map((cell) => forMarkdownCell(cell)).join(' | ')} |\n`;
  return [line(HEAD), `|${HEAD.map(() => ' --- ').join('|')}|\n`, ...rows.map(line)].join('');
}
