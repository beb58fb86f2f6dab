// `verbatim doctor`: what of this system Verbatim can use for sampling, or whether a model can be sampled, and the next step for
// what cannot.

import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { forJson } from '../../guard/text/for-json.ts';
import { remotePlace } from '../../protocol/remote-places.ts';
import { VerbatimError } from '../errors.ts';
import { isServedAddress, servedAddress } from '../net/served-address.ts';
import { adviseSqlite } from '../node-version.ts';
import { productFolder } from '../product-folder.ts';
import type { ModelFact } from '../sampling/decoder/model-fact.ts';
import type { ModelFinding } from '../study/examine-model.ts';
import { version } from '../version.ts';
import { apiKeyOption } from './api-key-option.ts';
import { drawnModelHelp, modelLocation } from './corpus-options.ts';
import { addSettingOptions } from './setting-options.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { wholeNumber } from './whole-number.ts';
import { tellLines, writeLines } from './write-lines.ts';

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Say what of this system can be used for sampling, what is missing, and the next step.')
    .option('--model <dir|name>', `whether this can be sampled, before it is fetched: ${drawnModelHelp}`)
    .option('--top-k <n>', 'for a served model: cut that it is asked for', wholeNumber, 40)
    .option('--no-fetch', 'use only what is on this machine')
    .option('--json', 'as JSON lines');
  return addSettingOptions(command.optionsGroup('Served models:'), 'source')
    .addOption(apiKeyOption())
    .action(async (options: Options) => {
      const { json = false, model: asked, fetch } = options;
      const show: Show = async (key, state, detail, action = null, fact) => {
        if (json) return writeLines([forJson({ name: key, state, detail, action, ...(fact && { fact }) })]);
        const next = action ? [`${NEXT}${action}`] : [];
        await tellLines([`${key.padEnd(10)} ${state.padEnd(8)} ${detail}`, ...next]);
      };
      if (asked !== undefined && isServedAddress(asked)) return examineServer(asked, options, show);
      if (asked !== undefined) return examine(asked, fetch === false ? 'never' : 'missing', show);
      await show('verbatim', version, `Node ${process.versions.node}, ${process.platform}-${process.arch}`);
      const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
      await show('system', 'works', `${availableParallelism()} processor cores, ${gigabytes} GiB of memory`);
      const advice = adviseSqlite(process.versions);
      const [old = null, next = null] = advice?.split('\n  ') ?? [];
      await show('sqlite', old === null ? 'works' : 'old', old ?? process.versions.sqlite ?? '', next);
      const { findRuntime } = await import('../sampling/onnx/find-runtime.ts');
      try {
        await show('runtime', 'works', findRuntime());
      } catch (cause) {
        if (!(cause instanceof VerbatimError)) throw cause;
        await show('runtime', 'missing', cause.message, cause.action ?? null);
        return;
      }
      const { openCheckpoint } = await import('../sampling/model/checkpoint.ts');
      const { examineProviders } = await import('../sampling/run/examine-providers.ts');
      const model = await openCheckpoint(join(productFolder(), 'media', 'demo-model'));
      await untilInterrupted(async (signal) => {
        for await (const { provider, state, detail, action } of examineProviders(model, signal)) {
          await show(provider, state, detail, action);
        }
      });
    });
}

interface Options {
  readonly json?: boolean;
  readonly model?: string;
  /** False with `--no-fetch`. */
  readonly fetch?: boolean;
  readonly apiKeyFile?: string;
  readonly servedName?: string;
  readonly start?: string;
  readonly topK: number;
}

type Show = (
  key: string,
  state: string,
  detail: string,
  action?: string | null,
  fact?: ModelFact,
) => Promise<void>;

async function examineServer(
  text: string,
  { fetch, apiKeyFile, servedName = '', start = '', topK }: Options,
  show: Show,
): Promise<void> {
  const { examineServed } = await import('../study/examine-served.ts');
  const { servedAccess } = await import('../study/served-access.ts');
  const address = servedAddress(text);
  const execution = {
    ...({ provider: 'auto', batch: 'auto', workers: 'auto' } as const),
    fetch: fetch === false ? ('never' as const) : ('missing' as const),
    named: [remotePlace(address) ?? ''],
    ...(apiKeyFile === undefined ? {} : { apiKeyFile: resolve(apiKeyFile) }),
  };
  await untilInterrupted(async (signal) => {
    await tellFindings(
      await examineServed(servedAccess(address, execution, signal), { servedName, start, topK }),
      show,
    );
  });
}

async function tellFindings(findings: readonly ModelFinding[], show: Show): Promise<void> {
  for (const { name, state, detail, action, fact } of findings) await show(name, state, detail, action, fact);
  if (findings.at(-1)?.state === 'refused') process.exitCode = 1;
}

async function examine(text: string, fetch: 'missing' | 'never', show: Show): Promise<void> {
  const { examineModel } = await import('../study/examine-model.ts');
  const execution = { provider: 'auto', batch: 'auto', workers: 'auto', fetch } as const;
  await untilInterrupted(async (signal) => {
    await tellFindings(await examineModel(modelLocation(text), execution, signal), show);
  });
}

const NEXT = `${' '.repeat(11)}next: `;
