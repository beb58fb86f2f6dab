// `verbatim score`: how likely a model finds texts, whoever wrote them. No study and no corpus are needed.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { forJson } from '../../guard/text/for-json.ts';
import type { Provider } from '../../protocol/study.ts';
import type { Score } from '../sampling/score.ts';
import { modelHelp, modelLocation, samplesHelp } from './corpus-options.ts';
import { providerOption } from './provider-option.ts';
import { RequiredOption } from './required-option.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Options {
  readonly model: string;
  readonly samples: string;
  readonly secondModel?: string;
  readonly provider: Provider | 'auto';
  readonly json?: boolean;
  /** False with `--no-bos`. */
  readonly bos: boolean;
}

export function scoreCommand(): Command {
  return new Command('score')
    .description('Score texts under a model: mean negative log-likelihood, perplexity, zlib bytes.')
    .addOption(new RequiredOption('--model <dir|name>', modelHelp))
    .addOption(new RequiredOption('--samples <path>', samplesHelp))
    .option('--second-model <dir|name>', 'a second, smaller model: also ln PPL(second) / ln PPL')
    .option(
      '--no-bos',
      'no beginning token before a text: the first token scored is its second, as in the published scripts',
    )
    .addOption(providerOption('where the models run'))
    .option('--json', 'a JSON line a sample, with the log-probability of every token')
    .action(async (options: Options) => {
      const { tellLines, writeLines } = await import('./write-lines.ts');
      await untilInterrupted((signal) =>
        (options.json ? writeLines : tellLines)(scoreLines(options, signal)),
      );
    });
}

async function* scoreLines(options: Options, signal: AbortSignal): AsyncGenerator<string> {
  const { readSampleFiles } = await import('../study/user-files.ts');
  const samples = await readSampleFiles(resolve(options.samples), signal);
  const scores = await scorer(options.model, samples, options, signal);
  const others =
    options.secondModel === undefined
      ? undefined
      : await scorer(options.secondModel, samples, options, signal);
  if (!options.json) yield COLUMNS;
  try {
    for await (const score of scores) {
      const second = await others?.next();
      const { sampleId } = samples[score.index]!;
      const ratio = second?.done === false ? pplRatio(second.value, score) : null;
      yield options.json ? jsonLine(sampleId, score, ratio) : tableLine(sampleId, score, ratio);
    }
  } finally {
    await others?.return(undefined); // its threads wait for the next text otherwise
  }
}

type Samples = readonly import('../formats/read-samples.ts').ImportedSample[];

async function scorer(
  model: string,
  samples: Samples,
  { provider, bos }: Pick<Options, 'provider' | 'bos'>,
  signal: AbortSignal,
): Promise<AsyncGenerator<Score>> {
  const { unpinnedModel } = await import('../study/hub-sources.ts');
  const { openGuarded } = await import('../sampling/model/open-guarded.ts');
  const { scoreTexts } = await import('../sampling/score.ts');
  const { decodeTokens } = await import('../sampling/tokenizer/token-bytes.ts');
  const execution = { provider, batch: 'auto', workers: 'auto', fetch: 'missing' } as const;
  const checkpoint = await openGuarded(await unpinnedModel(modelLocation(model), execution, signal), signal);
  const texts = samples.map(({ content }) =>
    'text' in content
      ? content.text
      : decodeTokens(checkpoint.tokenBytes, content.tokens, checkpoint.firstSpace),
  );
  const before = bos ? 'beginning-token' : 'nothing';
  return scoreTexts({ checkpoint, texts, execution, signal, before });
}

/** ln PPL(second) / ln PPL(first): above 1 where the first model knows the text better. */
function pplRatio(second: Score, first: Score): number | null {
  return first.meanNll === null || second.meanNll === null ? null : second.meanNll / first.meanNll;
}

function jsonLine(sample: number, score: Score, pplRatio: number | null): string {
  const { index: _, logprobs, ...rest } = score;
  return forJson({
    sample,
    ...rest,
    logprobs: [...logprobs].map((logprob) => (Number.isNaN(logprob) ? null : logprob)),
    ...(pplRatio === null ? {} : { pplRatio }),
  });
}

const COLUMNS = 'sample  tokens  mean NLL (nats)  perplexity  six-line windows  zlib bytes  ln PPL ratio';

function tableLine(sample: number, score: Score, ratio: number | null): string {
  const number = (value: number | null, width: number) => (value?.toFixed(3) ?? '–').padStart(width);
  return [
    String(sample).padStart(6),
    String(score.tokens.length).padStart(7),
    number(score.meanNll, 16),
    number(score.perplexity, 11),
    number(score.windowPerplexity, 17),
    String(score.zlibBytes).padStart(11),
    number(ratio, 13),
  ].join(' ');
}
