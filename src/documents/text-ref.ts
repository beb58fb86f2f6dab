// Names a study's text in a URI: `verbatim-sample:` for what the model wrote, `verbatim-train:` for what it was
// trained on. A URI holds ids and line numbers, never text; its path is there for people, and its file name
// gives the language.

import { Uri } from 'vscode';
import { rawText } from '../../guard/text/foreign.ts';
import type { Provenance, TextRange } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';

export const SAMPLE_SCHEME = 'verbatim-sample';
export const TRAIN_SCHEME = 'verbatim-train';
/** Documents of the corpus of an index, which no study names. */
export const SOURCE_SCHEME = 'verbatim-source';

const OURS: ReadonlySet<string> = new Set([SAMPLE_SCHEME, TRAIN_SCHEME, SOURCE_SCHEME]);

/** Whether a text is one that we show. */
export const isOurText = ({ scheme }: Uri): boolean => OURS.has(scheme);

/** A fragment's place in the text, to be highlighted. */
export interface Highlight extends TextRange {
  readonly fingerprint: string;
}

export interface TextRef {
  readonly scheme: typeof SAMPLE_SCHEME | typeof TRAIN_SCHEME;
  readonly study: StudyId;
  /** A sample's or a document's id. */
  readonly id: number;
  readonly highlight: Highlight | null;
  /** The id of the text that it is compared with: a document for a sample, a sample for a document. */
  readonly beside?: number;
  /** A document as an extraction map shows it. */
  readonly isMap?: true;
}

/** `source` gives the language: that of the document which the sample repeats. */
export function sampleUri(
  study: StudyId,
  sampleId: number,
  source: Provenance | null,
  highlight: Highlight | null = null,
  beside?: number,
): Uri {
  const path = `/sample ${sampleId}${extensionOf(source === null ? '' : rawText(source.path))}`;
  return toUri({ scheme: SAMPLE_SCHEME, study, id: sampleId, highlight, ...besideOf(beside) }, path);
}

/** A training document as an extraction map shows it. */
export function mapUri(study: StudyId, documentId: number, provenance: Provenance): Uri {
  const ref: TextRef = { scheme: TRAIN_SCHEME, study, id: documentId, highlight: null, isMap: true };
  return toUri(ref, trainPath(documentId, provenance));
}

export function trainUri(
  study: StudyId,
  documentId: number,
  provenance: Provenance,
  highlight: Highlight | null = null,
  beside?: number,
): Uri {
  return toUri(
    { scheme: TRAIN_SCHEME, study, id: documentId, highlight, ...besideOf(beside) },
    trainPath(documentId, provenance),
  );
}

function trainPath(documentId: number, provenance: Provenance): string {
  const [repository, name] = [provenance.repository, provenance.path].map(rawText);
  return safePath(`${repository}/${name || `document ${documentId}`}`);
}

export function parseTextUri(uri: Uri): TextRef | null {
  if (uri.scheme !== SAMPLE_SCHEME && uri.scheme !== TRAIN_SCHEME) return null;
  const query = new URLSearchParams(uri.query);
  const study = query.get('study');
  const id = Number(query.get('id') ?? Number.NaN);
  if (study === null || !Number.isInteger(id)) return null;
  const beside = Number(query.get('beside') ?? Number.NaN);
  return {
    scheme: uri.scheme,
    study,
    id,
    highlight: parseHighlight(query),
    ...(Number.isInteger(beside) ? { beside } : {}),
    ...(uri.scheme === TRAIN_SCHEME && query.get('map') === '1' ? { isMap: true as const } : {}),
  };
}

const besideOf = (beside: number | undefined) => (beside === undefined ? {} : { beside });

function toUri({ scheme, study, id, highlight, beside, isMap }: TextRef, path: string): Uri {
  const query = new URLSearchParams({ study, id: String(id) });
  if (highlight !== null) {
    query.set('fragment', highlight.fingerprint);
    query.set('lines', `${highlight.firstLine}-${highlight.lastLine}`);
  }
  if (beside !== undefined) query.set('beside', String(beside));
  if (isMap) query.set('map', '1');
  return Uri.from({ scheme, path, query: query.toString() });
}

function parseHighlight(query: URLSearchParams): Highlight | null {
  const [, firstLine, lastLine] = /^(\d+)-(\d+)$/.exec(query.get('lines') ?? '') ?? [];
  const fingerprint = query.get('fragment');
  if (fingerprint === null || firstLine === undefined || lastLine === undefined) return null;
  return { fingerprint, firstLine: Number(firstLine), lastLine: Number(lastLine) };
}

/** The ending of a path with its dot; empty if there is none or if no language goes by it. */
function extensionOf(path: string): string {
  return /\.[A-Za-z0-9+_-]{1,12}$/.exec(path)?.[0] ?? '';
}

/** Leaves out empty and dotted steps and control characters: provenance comes from the corpus. */
export function safePath(path: string): string {
  const steps = path
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
    .split(/[\\/]+/)
    .filter((step) => step !== '' && step !== '.' && step !== '..');
  return `/${steps.join('/')}`;
}
