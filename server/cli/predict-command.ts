// `verbatim predict STUDY`: how well memorised samples can be told without the training data. Scores them
// once more where a predictor needs it, and keeps the scores in the study.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { forJson } from '../../guard/text/for-json.ts';
import type { Provider } from '../../protocol/study.ts';
import { type PredictorAnswer, rankPredictors } from '../answers/rank-predictors.ts';
import { UserError } from '../errors.ts';
import { decimalInterval, percent } from '../formats/report-numbers.ts';
import { withLockedStudy } from '../store/locked-study.ts';
import type { Scorer } from '../store/metrics-table.ts';
import { type Database, openForReading } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { scoreSamples } from '../study/score-samples.ts';
import { modelLocation } from './corpus-options.ts';
import { providerOption } from './provider-option.ts';
import { terminalProgress } from './terminal-progress.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines, writeLines } from './write-lines.ts';

interface Options {
  readonly model?: string;
  readonly secondModel?: string;
  readonly lowercase?: boolean;
  readonly provider: Provider | 'auto';
  readonly json?: boolean;
}

export function predictCommand(): Command {
  return new Command('predict')
    .description('Rank samples by the predictors of memorisation, against what the scan found.')
    .argument('<study>', 'study file (.sqlite)')
    .option('--second-model <dir|name>', 'score the samples under a second, smaller model (PPL–PPL ratio)')
    .option('--lowercase', 'score the lower-cased samples under the study’s model')
    .option('--model <dir|name>', 'score samples that were made elsewhere under this model')
    .addOption(providerOption('where the models run'))
    .option('--json', 'as JSON, with curves and the highest samples')
    .action(async (study: string, options: Options) => {
      const file = resolve(study);
      await score(file, options);
      using db = openForReading(file);
      const answers = rankPredictors(db);
      await (options.json ? writeLines([forJson(answers)]) : tellLines(answers.map(describe)));
    });
}

async function score(file: string, options: Options): Promise<void> {
  const { model, secondModel, lowercase, provider } = options;
  if (model === undefined && secondModel === undefined && !lowercase) return;
  const execution = { provider, batch: 'auto', workers: 'auto', fetch: 'missing' } as const;
  const scoreAll = async (db: Database, signal: AbortSignal) => {
    const own = model ?? readStudy(db)?.plan.source.model;
    if (lowercase && !own) {
      throw new UserError('The study does not say which model made its samples', {
        action: 'Name it with --model.',
      });
    }
    const scoreAs = async (scorer: Scorer, name: string) => {
      const progress = terminalProgress(process.stderr, 'scored');
      try {
        await scoreSamples(db, scorer, name, execution, signal, progress.report);
      } finally {
        progress.end();
      }
    };
    if (model !== undefined) await scoreAs('model', modelLocation(model));
    if (secondModel !== undefined) await scoreAs('second-model', modelLocation(secondModel));
    if (lowercase) await scoreAs('lowercase', own!);
  };
  await untilInterrupted((signal) => withLockedStudy(file, (db) => scoreAll(db, signal)));
}

function describe({ title, formula, quality, absent }: PredictorAnswer): string {
  const name = `${title} (${formula})`.padEnd(62);
  if (!quality) return `${name} ${absent}`;
  const highest = quality.precisionAt.map(({ n, precision }) => `${n}: ${percent(precision)}`).join(', ');
  return `${name} AUC ${decimalInterval(quality.auc)}, average precision ${quality.averagePrecision.toFixed(3)}, precision at ${highest}`;
}
