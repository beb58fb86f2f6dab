// `verbatim doctor`: what of this system Verbatim can use for sampling, and the next step for what it cannot.

import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { forJson } from '../../guard/text/for-json.ts';
import { VerbatimError } from '../errors.ts';
import { adviseSqlite } from '../node-version.ts';
import { productFolder } from '../product-folder.ts';
import { version } from '../version.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { tellLines, writeLines } from './write-lines.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Say what of this system can be used for sampling, what is missing, and the next step.')
    .option('--json', 'as JSON lines')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const show = async (key: string, state: string, detail: string, action: string | null = null) => {
        if (json) return writeLines([forJson({ name: key, state, detail, action })]);
        const next = action ? [`${NEXT}${action}`] : [];
        await tellLines([`${key.padEnd(10)} ${state.padEnd(8)} ${detail}`, ...next]);
      };
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
      const { openCheckpoint } = await import('../sampling/checkpoint.ts');
      const { examineProviders } = await import('../sampling/run/examine-providers.ts');
      const model = await openCheckpoint(join(productFolder(), 'media', 'demo-model'));
      await untilInterrupted(async (signal) => {
        for await (const { provider, state, detail, action } of examineProviders(model, signal)) {
          await show(provider, state, detail, action);
        }
      });
    });
}

const NEXT = `${' '.repeat(11)}next: `;
