// Asks for comparisons, and remembers of each what the decorations say: counts, lines and where a document is from.
// It holds no texts. An editor that VS Code restored is asked about once, whichever of its sides is shown first.

import {
  type ComparedDocument,
  type ComparedFragment,
  type ComparedPlaces,
  type ComparedSample,
  type Comparison,
  type ComparisonRequest,
  getComparison,
  getComparisons,
} from '../../protocol/comparison.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { StudyServer } from '../study-server.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import { type Highlight, SAMPLE_SCHEME, type TextRef } from './text-ref.ts';

/** A comparison without its texts. */
export interface ShownComparison {
  readonly fragment: ComparedFragment;
  /** Null if it was not counted. */
  readonly nEqualLines: number | null;
  readonly sample: Omit<ComparedSample, 'text'>;
  /** Null for a sample that stands beside many documents. */
  readonly document: Omit<ComparedDocument, 'text'> | null;
}

/** A multi-diff editor shows some fifty at once. */
const MAX_KNOWN = 200;

export class Comparisons {
  readonly #server: Pick<StudyServer, 'request'>;
  readonly #gate: Pick<WorkspaceGate, 'closedFolders'>;
  readonly #known = new Map<string, Promise<ShownComparison>>();

  constructor(server: Pick<StudyServer, 'request'>, gate: Pick<WorkspaceGate, 'closedFolders'>) {
    this.#server = server;
    this.#gate = gate;
  }

  async ask(request: ComparisonRequest): Promise<Comparison> {
    const comparison = await this.#server.request(getComparison, { ...request, ...this.#closed() });
    const { sample, document } = comparison;
    this.#remember(request, sample.sampleId, document.documentId, Promise.resolve(withoutTexts(comparison)));
    return comparison;
  }

  async askAll(request: ComparisonRequest & { readonly limit: number }): Promise<ComparedPlaces> {
    const places = await this.#server.request(getComparisons, { ...request, ...this.#closed() });
    const { fragment, sample, documents } = places;
    const { sampleId } = sample;
    const remember = (document: ComparedDocument | null) => {
      const shown = {
        fragment,
        nEqualLines: null,
        sample: leaveText(sample),
        document: document && leaveText(document),
      };
      this.#remember(request, sampleId, document?.documentId ?? null, Promise.resolve(shown));
    };
    if (sampleId !== null) remember(null);
    for (const document of documents) if (document.text !== null) remember(document);
    return places;
  }

  /** Gives the comparison that a shown text belongs to. */
  of(ref: TextRef, highlight: Highlight): Promise<ShownComparison> {
    const [sampleId, documentId] = sidesOf(ref);
    const known = this.#known.get(keyOf(ref.study, highlight.fingerprint, sampleId, documentId));
    return known ?? this.load(ref, highlight).then(withoutTexts);
  }

  /** Asks for the comparison that a text's URI names, with its texts. */
  load(ref: TextRef, highlight: Highlight): Promise<Comparison> {
    const { study } = ref;
    const { fingerprint, firstLine } = highlight;
    const [sampleId, documentId] = sidesOf(ref);
    const isSample = ref.scheme === SAMPLE_SCHEME;
    const asked = this.#server.request(getComparison, {
      study,
      fingerprint,
      ...this.#closed(),
      ...(sampleId === null ? {} : { sample: { sampleId, ...(isSample ? { firstLine } : {}) } }),
      ...(documentId === null ? {} : { train: { documentId, ...(isSample ? {} : { firstLine }) } }),
    });
    this.#remember({ study, fingerprint }, sampleId, documentId, asked.then(withoutTexts));
    return asked;
  }

  #closed(): Pick<ComparisonRequest, 'closed'> {
    const closed = this.#gate.closedFolders();
    return closed === undefined ? {} : { closed };
  }

  #remember(
    { study, fingerprint }: Pick<ComparisonRequest, 'study' | 'fingerprint'>,
    sampleId: number | null,
    documentId: number | null,
    shown: Promise<ShownComparison>,
  ): void {
    const key = keyOf(study, fingerprint, sampleId, documentId);
    this.#known.delete(key);
    this.#known.set(key, shown);
    shown.catch(() => this.#known.delete(key)); // The next look may succeed.
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break;
      this.#known.delete(oldest);
    }
  }
}

/** Ids of the sample and the document, null for a side that the URI does not name. */
function sidesOf({ scheme, id, beside }: TextRef): readonly [number | null, number | null] {
  return scheme === SAMPLE_SCHEME ? [id, beside ?? null] : [beside ?? null, id];
}

const keyOf = (...parts: readonly [StudyId, string, number | null, number | null]) => JSON.stringify(parts);

const leaveText = <T extends { readonly text: unknown }>({ text: _, ...rest }: T): Omit<T, 'text'> => rest;

const withoutTexts = ({ sample, document, ...rest }: Comparison): ShownComparison => ({
  ...rest,
  sample: leaveText(sample),
  document: leaveText(document),
});
