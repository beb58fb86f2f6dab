// The report on an extraction map as one HTML file that needs nothing else.

import { type Html, html } from '../../../guard/text/for-html.ts';
import { calibrationBand } from '../../analysis/calibration.ts';
import { tellingLine } from '../../analysis/telling-line.ts';
import { countRegionGroups } from '../../store/maps/map-regions.ts';
import { methodSections } from '../html-method.ts';
import { htmlFigure, htmlMeaning, htmlPageEnd, htmlPageStart, htmlTable } from '../html-page.ts';
import { calibrationPlot, extractablePlot } from '../plots.ts';
import { count, counted } from '../report-numbers.ts';
import { KIND_WORDS } from '../report-words.ts';
import type { TextTable } from '../text-tables.ts';
import { CALIBRATION_TITLE } from './calibration-table.ts';
import {
  describeOdds,
  describeRegionPlace,
  explainNoWindow,
  type MapReport,
  mapTables,
  type RegionEntry,
  regionEntries,
} from './map-content.ts';
import { mapFacts } from './map-facts.ts';

const REGIONS = 200;

export async function* mapHtml(report: MapReport): AsyncGenerator<string> {
  for await (const { markup } of page(report)) yield markup;
}

async function* page(report: MapReport): AsyncGenerator<Html> {
  const title = html`What could be extracted from ${report.summary.name}`;
  yield* htmlPageStart(title);
  const facts = [...mapFacts(report)].map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  );
  yield html`<h1>${title}</h1><dl class="facts">${facts}</dl></header><main>`;
  const { rates } = report.measures;
  if (rates.nWindows === 0) {
    yield html`<p id="fragments">${explainNoWindow(report)}</p>`;
  } else {
    yield* tables([...mapTables(report)], report);
    yield* regions(report);
  }
  yield html`<section aria-labelledby="method"><h2 id="method">How these numbers are made</h2>`;
  yield* methodSections([7]);
  yield html`</section></main>`;
  yield* htmlPageEnd();
}

/** The first of them is drawn, too. */
function* tables(all: readonly TextTable[], { measures }: MapReport): Generator<Html> {
  const [first, ...others] = all;
  const { title, head, rows } = first!;
  yield html`<section aria-label="${title}"><div class="figures">`;
  yield htmlFigure(
    title,
    ['The share of windows that so many draws give at least once with probability p or more.', 7],
    extractablePlot(
      'Share of windows that are extractable, by the number of draws: a line for each least probability.',
      measures.rates.extractable.map(({ n, p, share }) => ({ n, p, share: share.value })),
    ),
    htmlTable(head, rows),
  );
  yield html`</div></section>`;
  for (const { title: name, head: columns, rows: some, note } of others) {
    if (some.length === 0) continue;
    const below = note === undefined ? html`` : html`<p class="note">${note}</p>`;
    if (name === CALIBRATION_TITLE && measures.calibration !== null) {
      const { windows } = measures.calibration;
      const meaning = 'How often each window came, by its p. In the band lie 95 of 100, if p is right.';
      const figure = htmlFigure(
        name,
        [meaning, 7],
        calibrationPlot(
          'Share of draws that gave the suffix of each window, by p.',
          windows,
          calibrationBand(windows[0]!.nDraws),
        ),
        htmlTable(columns, some),
      );
      yield html`<section aria-label="${name}"><div class="figures">${figure}</div>${below}</section>`;
      continue;
    }
    yield html`<section aria-label="${name}"><h2>${name}</h2>${htmlTable(columns, some)}${below}</section>`;
  }
}

async function* regions(report: MapReport): AsyncGenerator<Html> {
  const n = countRegionGroups(report.db);
  const shown = Math.min(report.options.top ?? REGIONS, n);
  yield html`<section aria-labelledby="fragments"><h2 id="fragments">Regions</h2>`;
  yield html`<p>The likeliest first: ${count(shown)} of ${count(n)} distinct texts.</p>`;
  yield htmlMeaning([
    'Kept windows whose suffixes touch are one region; its p is that of its likeliest window.',
    7,
  ]);
  yield html`<p class="filter"><label>Filter <input type="search" id="filter" autocomplete="off"></label> <output id="shown" aria-live="polite"></output></p>`;
  yield html`<ol class="fragments">`;
  for await (const entry of regionEntries(report, { top: REGIONS, places: 5 })) yield regionItem(entry);
  yield html`</ol></section>`;
}

function regionItem(e: RegionEntry): Html {
  const tags = [
    e.spdxId ?? KIND_WORDS[e.kind],
    ...e.sensitive,
    ...(e.accepted === null ? [] : ['accepted']),
  ].map((tag) => html` <span class="tag">${tag}</span>`);
  const numbers = `${describeOdds(e)} · ${counted(e.nLines, 'line')} · ${counted(e.documents, 'document')}`;
  const places = e.places.map((place) => html`<li>${describeRegionPlace(place)}</li>`);
  const nMore = e.regions - e.places.length;
  const more = nMore > 0 ? html`<li>… and ${counted(nMore, 'more place')}</li>` : html``;
  const accepted = e.accepted ? html` Accepted: ${e.accepted}.` : html``;
  return html`<li><details><summary><code>${tellingLine(e.text).slice(0, 90)}</code> <span class="numbers">${numbers}</span>${tags}</summary><pre tabindex="0">${e.text}</pre><p>Fingerprint <code>${e.fingerprint}</code>.${accepted}</p><ul>${places}${more}</ul></details></li>`;
}
