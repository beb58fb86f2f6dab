// `verbatim label …`: labels by hand for fragments, from the random sample to the agreement of two people.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { forJson } from '../../guard/text/for-json.ts';
import { describeFragments, discloseText } from '../answers/describe-fragments.ts';
import { drawLabelSample, type LabelReport, reportLabels } from '../answers/labelling.ts';
import { readLabelLines } from '../formats/label-lines.ts';
import { decimalInterval, percentInterval } from '../formats/report-numbers.ts';
import { putLabels, readLabels } from '../store/labels-table.ts';
import { withLockedStudy } from '../store/locked-study.ts';
import { openFragmentReader } from '../store/stored-fragments.ts';
import { openForReading, transact } from '../store/study-file.ts';
import { tell } from './tell.ts';
import { wholeNumber } from './whole-number.ts';
import { tellLines, writeLines } from './write-lines.ts';

/** The published study labelled this many: its 95 % interval is ±5 points whatever the number of fragments. */
const SAMPLE_SIZE = 384;

export function labelCommand(): Command {
  return new Command('label')
    .description('Label fragments by hand: draw a sample, take labels in, and see how far people agree.')
    .addCommand(drawCommand())
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(agreementCommand());
}

interface DrawOptions {
  readonly size: number;
  readonly seed: number;
  readonly onePerFamily?: boolean;
  readonly withRules?: boolean;
  readonly showSensitive?: boolean;
}

function drawCommand(): Command {
  return new Command('draw')
    .description('Draw a random sample of fragments, as JSON lines with an empty label to fill in.')
    .argument('<study>', 'study file (.sqlite)')
    .option('--size <n>', 'fragments to draw', wholeNumber, SAMPLE_SIZE)
    .option('--seed <n>', 'the same seed draws the same fragments', wholeNumber, 0)
    .option('--one-per-family', 'at most one fragment of each family: they quote one another')
    .option('--with-rules', 'also say what the rules make of each (this may sway who labels)')
    .option('--show-sensitive', 'show secrets and addresses instead of masking them')
    .action(async (study: string, options: DrawOptions) => {
      using db = openForReading(resolve(study));
      const facts = await describeFragments(db);
      const fragmentOf = openFragmentReader(db);
      const disclosure = options.showSensitive ? 'shown' : 'masked';
      const lines = drawLabelSample(db, {
        size: options.size,
        seed: options.seed,
        from: options.onePerFamily ? 'families' : 'fragments',
      }).map((id) => {
        const { fingerprint, text } = fragmentOf(id);
        return forJson({
          fingerprint,
          label: '',
          note: '',
          ...(options.withRules ? { rule: facts.kinds[id]!.kind } : {}),
          text: discloseText(facts, id, new TextDecoder().decode(text), disclosure),
        });
      });
      await writeLines(lines);
    });
}

function addCommand(): Command {
  return new Command('add')
    .description('Take labels into the study; an annotator’s later label replaces the earlier one.')
    .argument('<study>', 'study file (.sqlite)')
    .argument('<labels>', 'JSON lines: {"fingerprint", "label", "note", "annotator"}')
    .option('--annotator <name>', 'who labelled them, unless the lines say so')
    .action(async (study: string, labels: string, { annotator }: { annotator?: string }) => {
      const read = readLabelLines(resolve(labels), annotator);
      const n = await withLockedStudy(resolve(study), (db) => transact(db, () => putLabels(db, read)));
      tell(`${n} labels`);
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('Write all labels as JSON lines, which `label add` takes in again.')
    .argument('<study>', 'study file (.sqlite)')
    .action(async (study: string) => {
      using db = openForReading(resolve(study));
      await writeLines(readLabels(db).map((label) => forJson(label)));
    });
}

function agreementCommand(): Command {
  return new Command('agreement')
    .description('Cohen’s kappa of each two annotators, and the precision of the rules against them.')
    .argument('<study>', 'study file (.sqlite)')
    .option('--json', 'as JSON')
    .action(async (study: string, { json }: { json?: boolean }) => {
      using db = openForReading(resolve(study));
      const report = reportLabels(db, await describeFragments(db));
      await (json ? writeLines([forJson(report)]) : tellLines(describe(report)));
    });
}

function* describe({ annotators, agreement, disputed, precision, accuracy }: LabelReport): Generator<string> {
  if (annotators.length === 0) yield 'No labels yet: begin with verbatim label draw.';
  for (const { annotator, labels } of annotators) yield `${annotator}: ${labels} labels`;
  for (const { a, b, n, kappa } of agreement) {
    const value = kappa
      ? `kappa ${decimalInterval(kappa)}, ${(100 * kappa.observed).toFixed(1)} % the same`
      : 'no kappa: nothing differs, or nothing is shared';
    yield `${a} and ${b}: ${value}, on ${n} fragments`;
  }
  if (disputed.length > 0) yield `${disputed.length} fragments are labelled differently`;
  for (const { label, n, precision: p } of precision) {
    yield `rules for ${label}: precision ${percentInterval(p)} on ${n}`;
  }
  if (accuracy) yield `rules in all: ${percentInterval(accuracy.share)} right on ${accuracy.n}`;
}
