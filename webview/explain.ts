// One plain sentence on each number, and the way to where it is defined. Pointed at or focused it is seen; pressed it
// leads into docs/method.md.

import { element } from './element.ts';
import { l10n } from './l10n.ts';

/** Sections of docs/method.md, by the anchors that Markdown gives their headings. */
const SECTIONS = {
  memorised: '1-what-counts-as-memorised',
  measures: '3-how-much-is-memorised',
  predictors: '4-predictors-without-training-data',
  extraction: '7-extraction-maps',
  kinds: '5-what-kind-of-thing-it-is',
  comparing: '6-comparing-studies',
  sampling: '2-sampling',
  limits: '8-what-the-numbers-do-not-say',
} as const;

export type Explained =
  | 'samples'
  | 'lines'
  | 'tokens'
  | 'fragments'
  | 'unseen'
  | 'sensitive'
  | 'counts'
  | 'growth'
  | 'lengths'
  | 'kinds'
  | 'sources'
  | 'predictors'
  | 'comparison'
  | 'occurrences'
  | 'shares'
  | 'problems'
  | 'plan'
  | 'extractable'
  | 'greedy'
  | 'argmax'
  | 'windows'
  | 'draws'
  | 'copies'
  | 'exposed'
  | 'groups'
  | 'closer'
  | 'calibration'
  | 'knows'
  | 'mapRates'
  | 'control'
  | 'anyway';

export const OPEN_METHOD = 'verbatim-open-method';

function sentenceOf(what: Explained): readonly [sentence: string, section: keyof typeof SECTIONS] {
  switch (what) {
    case 'samples':
      return [l10n.t('Of all samples, those that hold at least one fragment.'), 'measures'];
    case 'lines':
      return [
        l10n.t('Of the lines of all samples, those that lie in a fragment; blank lines do not count.'),
        'measures',
      ];
    case 'tokens':
      return [l10n.t('Of the tokens of all samples, those that lie in a fragment.'), 'measures'];
    case 'fragments':
      return [
        l10n.t('Different pieces of lines in a row that a sample and a training document share.'),
        'memorised',
      ];
    case 'unseen':
      return [
        l10n.t(
          'How many different fragments ever more samples would show, estimated from those seen once and twice.',
        ),
        'measures',
      ];
    case 'sensitive':
      return [l10n.t('Fragments in which rules find keys, addresses and the like.'), 'kinds'];
    case 'counts':
      return [
        l10n.t(
          'Whether what the training data holds more often is repeated more often: 1 always, 0 not at all.',
        ),
        'measures',
      ];
    case 'growth':
      return [l10n.t('How many different fragments fewer samples would have shown.'), 'measures'];
    case 'lengths':
      return [l10n.t('How many fragments have so many lines; the rule sets the fewest.'), 'memorised'];
    case 'kinds':
      return [l10n.t('What each fragment is, as fixed rules read its text.'), 'kinds'];
    case 'sources':
      return [
        l10n.t('Where the training documents come from that hold a fragment, as the training data says.'),
        'kinds',
      ];
    case 'predictors':
      return [
        l10n.t(
          'How well memorised samples are told from others without the training data: 0.5 is chance, 1 is always.',
        ),
        'predictors',
      ];
    case 'occurrences':
      return [
        l10n.t(
          'How often all of a fragment stands in the training data and in the samples; a + says that a sample was cut inside it.',
        ),
        'memorised',
      ];
    case 'shares':
      return [
        l10n.t('Of all samples, lines and tokens of each study, those that repeat training data.'),
        'measures',
      ];
    case 'problems':
      return [l10n.t('What of the training data could not be read; nothing in it is counted.'), 'limits'];
    case 'plan':
      return [l10n.t('All that decides the samples and what counts as repeated.'), 'sampling'];
    case 'extractable':
      return [
        l10n.t(
          'Of all windows, those that 100 draws of the suffix give at least once with probability 0.5 or more.',
        ),
        'extraction',
      ];
    case 'greedy':
      return [l10n.t('Of all windows, those of whose suffix every token is the likeliest.'), 'extraction'];
    case 'argmax':
      return [l10n.t('Of all tokens that are asked for, those that are the likeliest.'), 'extraction'];
    case 'windows':
      return [
        l10n.t('A prefix that the model is given, and the suffix behind it that it is asked for.'),
        'extraction',
      ];
    case 'draws':
      return [
        l10n.t('How many windows more draws would give, computed from their probabilities.'),
        'extraction',
      ];
    case 'copies':
      return [
        l10n.t('Whether text that stands in the training data more often could be drawn out more often.'),
        'extraction',
      ];
    case 'exposed':
      return [
        l10n.t('The documents of which 100 draws of each window are expected to give the most windows.'),
        'extraction',
      ];
    case 'groups':
      return [
        l10n.t('The windows of documents with the same licence, repository or ending of their name.'),
        'extraction',
      ];
    case 'knows':
      return [
        l10n.t(
          'The log-probability of a suffix under one model minus that under the other, mean over a document’s windows.',
        ),
        'extraction',
      ];
    case 'mapRates':
      return [l10n.t('The same windows under both models, each by its own rule of drawing.'), 'extraction'];
    case 'closer':
      return [
        l10n.t(
          'Nearly the same text counts, and common text is told from remembered text by unrelated prefixes.',
        ),
        'extraction',
      ];
    case 'calibration':
      return [
        l10n.t('Windows drawn again and again behind their prefix must come as often as their p says.'),
        'extraction',
      ];
    case 'anyway':
      return [
        l10n.t(
          'The rates beside those of code that the model cannot have seen, and by copies in the training data.',
        ),
        'measures',
      ];
    case 'control':
      return [
        l10n.t('The same of code that the model cannot have seen: what is above it is memory.'),
        'extraction',
      ];
    case 'comparison':
      return [l10n.t('A difference counts where chance would rarely give one as large.'), 'comparing'];
  }
}

export function explain(what: Explained): HTMLElement {
  const [sentence, section] = sentenceOf(what);
  const tip = element(
    'span',
    { class: 'explanation', role: 'tooltip' },
    sentence,
    ' ',
    l10n.t('Press for the method.'),
  );
  const made = element(
    'button',
    { class: 'explain', type: 'button', 'aria-label': l10n.t('What this is: {0}', sentence) },
    element('span', { 'aria-hidden': 'true' }, '?'),
    tip,
  );
  made.addEventListener('click', () => {
    made.dispatchEvent(new CustomEvent(OPEN_METHOD, { bubbles: true, detail: SECTIONS[section] }));
  });
  return made;
}
