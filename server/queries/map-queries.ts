// The answers to what views ask of an extraction map. Each opens the file, reads and closes it: nothing is held between
// requests. Places in a text are those of the text as it is shown, so that masking moves them.

import { foreign, rawText } from '../../guard/text/foreign.ts';
import type {
  HeatMap,
  HeatMapRequest,
  MapRegion,
  RegionGroup,
  RegionGrouping,
  TokenHeat,
} from '../../protocol/extraction-map.ts';
import type { Page } from '../../protocol/fragments.ts';
import type { ViewRequest } from '../../protocol/views.ts';
import { maskRanges, placesInMasked } from '../analysis/sensitive.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import { Undisclosed } from '../answers/undisclosed.ts';
import { UserError } from '../errors.ts';
import { findSensitiveInside } from '../sensitive/find-inside.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import { readMapDocument } from '../store/maps/map-reader.ts';
import * as views from '../store/maps/map-views.ts';
import { openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { openWithBytes } from '../study/open-document.ts';
import { utf16Ends, utf16Places } from '../text/utf-16-places.ts';
import { acceptedBy } from './view-queries.ts';

type GroupsRequest = ViewRequest & { readonly by: RegionGrouping };

export function listRegionGroups({ study, by, baseline, ...view }: GroupsRequest): Page<RegionGroup> {
  using db = openForReading(study);
  return views.listRegionGroups(db, by, { ...view, accepted: acceptedBy(baseline) });
}

export function listRegions({
  study,
  by,
  key,
  baseline,
  ...view
}: GroupsRequest & { readonly key: number }): Undisclosed<Page<MapRegion>> {
  using db = openForReading(study);
  const page = views.listRegions(db, by, key, { ...view, accepted: acceptedBy(baseline) });
  const decoder = new TextDecoder();
  const texts = page.items.map(({ before, text, after }) => ({
    before: decoder.decode(before),
    text: decoder.decode(text),
    after: decoder.decode(after),
  }));
  const withLabels = (labels: readonly string[]): Page<MapRegion> => ({
    ...page,
    items: page.items.map(({ before: _, after: __, ...region }, i) => ({
      ...region,
      text: foreign(labels[i]!),
    })),
  });
  const shown = withLabels(texts.map(({ text }) => tellingLine(text)));
  return new Undisclosed(shown, async () => {
    // Labels are made from the masked texts: a line out of a key does not tell by itself what it is.
    const labels: string[] = [];
    for await (const { item, ranges } of findSensitiveInside(texts)) {
      labels.push(tellingLine(maskRanges(item.text, ranges)));
    }
    return withLabels(labels);
  });
}

export async function getHeatMap(
  request: HeatMapRequest,
  signal: AbortSignal,
): Promise<Undisclosed<HeatMap>> {
  const { study, documentId, closed } = request;
  using db = openForReading(study);
  const { provenance, text, problem, bytes } = await openWithBytes(db, documentId, signal, closed);
  const nothing: HeatMap = { documentId, provenance, text, problem, regions: [], windows: [] };
  if (bytes === null) return undisclosed(nothing);
  const map = readStudy(db)!.plan.map;
  const regions = views.regionsIn(db, documentId);
  const measured = readMapDocument(db, documentId);
  if (map === undefined || measured === undefined) {
    throw new UserError(`${study} has not measured document ${documentId}`);
  }
  const spans = Array.from(measured.logp, (_, i) => [
    measured.places[2 * i]!,
    measured.places[2 * i]! + measured.places[2 * i + 1]!,
  ]);
  const placeOf = utf16Places(bytes, [
    ...spans.flat(),
    ...regions.flatMap(({ byteOffset, nBytes }) => [byteOffset, byteOffset + nBytes]),
  ]);
  const heat: HeatMap = {
    ...nothing,
    regions: regions.map(({ byteOffset, nBytes, ...region }) => ({
      ...region,
      start: placeOf(byteOffset),
      end: placeOf(byteOffset + nBytes),
    })),
    windows: spans.map(([start, end], i) => ({
      start: placeOf(start!),
      end: placeOf(end!),
      logp: finite(measured.logp[i]!),
      nTokens: map.suffix,
    })),
  };
  return undisclosed(heat);
}

export async function measureTokens(
  { study, documentId, closed, isAsked }: HeatMapRequest & { readonly isAsked: boolean },
  signal: AbortSignal,
): Promise<Undisclosed<TokenHeat>> {
  using db = openForReading(study);
  const { text, problem, bytes } = await openWithBytes(db, documentId, signal, closed);
  if (bytes === null) throw new UserError(rawText(problem ?? foreign('')));
  // The sampler is loaded with the first such question.
  const { measureTokens, UNASKED_LIMITS } = await import('../study/maps/measure-tokens.ts');
  const limits = isAsked ? undefined : UNASKED_LIMITS;
  const { tokens, nAsked } = await measureTokens(db, bytes, signal, limits);
  const ends = utf16Ends(
    bytes,
    tokens.flatMap(({ byteStart, byteEnd }) => [byteStart, byteEnd]),
  );
  const heat = tokens
    .map(({ logp }, i) => ({ start: ends[2 * i]!, end: ends[2 * i + 1]!, logp: finite(logp) }))
    .filter(({ start, end }) => end > start);
  const answer: TokenHeat = { documentId, text, tokens: heat, nAsked };
  return undisclosed(answer);
}

const finite = (logp: number): number | null => (logp === -Infinity ? null : logp);

interface Spanned {
  readonly start: number;
  readonly end: number;
}

/** Masks the text, and moves all that lies in it. What lies inside of a mask is gone. */
function undisclosed<Answer extends { readonly text: string }>(answer: Answer): Undisclosed<Answer> {
  return new Undisclosed(answer, async (shown) => {
    for await (const { ranges } of findSensitive([shown])) {
      if (ranges.length === 0) return shown;
      const placeOf = placesInMasked(shown.text, ranges);
      const move = <Span extends Spanned>(spans: readonly Span[]) =>
        spans
          .map((span) => ({ ...span, start: placeOf(span.start), end: placeOf(span.end) }))
          .filter(({ start, end }) => end > start);
      const moved = Object.entries(shown).map(([name, value]) => [
        name,
        Array.isArray(value) ? move(value as readonly Spanned[]) : value,
      ]);
      return { ...(Object.fromEntries(moved) as Answer), text: maskRanges(shown.text, ranges) };
    }
    return shown;
  });
}
