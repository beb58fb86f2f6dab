// The origins of the fragments in the HTML report: licences and repositories of the documents that hold them.

import { joinForeign } from '../../guard/text/compose.ts';
import { type Html, html } from '../../guard/text/for-html.ts';
import { type Foreign, rawText } from '../../guard/text/foreign.ts';
import { topLicenses, topSources } from '../store/origins.ts';
import { htmlMeaning, htmlTable } from './html-page.ts';
import type { Answers, ReportContent } from './report-content.ts';
import { count, counted } from './report-numbers.ts';

const ORIGINS_SHOWN = 50;

/** Whose code it is: licences and repositories of the documents that hold fragments. */
export function* originSection({ db }: ReportContent, { showPlace }: Answers): Generator<Html> {
  const licenses = topLicenses(db);
  const sources = topSources(db);
  const known = (name: Foreign) => (rawText(name) === '' ? 'unknown' : name);
  yield html`<section aria-labelledby="origins"><h2 id="origins">Where it comes from</h2>`;
  yield htmlMeaning([
    'Where the training documents come from that hold a fragment, as the training data says.',
    5,
  ]);
  yield html`<h3>${counted(licenses.total, 'licence')}</h3>`;
  yield htmlTable(
    ['licence', 'fragments', 'documents', 'repositories'],
    licenses.items
      .slice(0, ORIGINS_SHOWN)
      .map((l) => [
        known(showPlace({ license: l.license }).license),
        count(l.nFragments),
        count(l.nDocuments),
        count(l.nRepositories),
      ]),
  );
  yield html`<h3>${counted(sources.total, 'repository', 'repositories')}</h3>`;
  yield htmlTable(
    ['repository', 'licences', 'fragments', 'documents'],
    sources.items.slice(0, ORIGINS_SHOWN).map((s) => [
      known(showPlace({ repository: s.repository }).repository),
      joinForeign(
        s.licenses.map((license) => showPlace({ license }).license),
        ', ',
      ),
      count(s.nFragments),
      count(s.nDocuments),
    ]),
  );
  yield html`<p class="note">Licences are those that the training data names. Its first ${ORIGINS_SHOWN} rows are listed.</p></section>`;
}
