// Why a weight is missing that a model has to have, told from what is there in its place.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { findUnfinished } from './find-unfinished.ts';
import { listSafetensors, type StoredName } from './safetensors.ts';

const OTHER_FORM = 'Choose the model in 16 or 32 bits that it was made of, or a GGUF file of it.';

/** `name` is the weight's, without a prefix; `dir` may be one file that holds the model. */
export async function explainMissing(dir: string, name: string): Promise<UserError> {
  const files = await readdir(dir).catch((): string[] => []);
  const stored = await listSafetensors(dir).catch((): readonly StoredName[] => []);
  const packed = stored.find((one) => QUANTIZED.test(one.name));
  const note = files.find((file) => /^quant(ize|ization)?_config\.json$/.test(file));
  if (packed !== undefined || note !== undefined) {
    const method = await methodOf(dir, note);
    const signs = [note, packed && `the tensor ${packed.name}`].filter((sign) => sign !== undefined);
    return new UserError(
      `${dir} holds weights that are quantised${method === null ? '' : ` by ${method}`} (${signs.join(', ')}), which are not read.`,
      { action: OTHER_FORM },
    );
  }
  const same = stored.find((one) => one.name === name || one.name.endsWith(`.${name}`));
  if (same !== undefined) {
    return new UserError(`${dir}: the weight ${same.name} is stored as ${same.type}, which is not read.`, {
      action: OTHER_FORM,
    });
  }
  const adapter = stored.find((one) => /\.lora_[AB]\./.test(one.name));
  if (adapter !== undefined || files.includes('adapter_config.json')) {
    return new UserError(`${dir} holds an adapter, and not the whole model that it belongs to.`, {
      action: 'Merge it into its model ("merge_and_unload" of PEFT), and save that.',
    });
  }
  const unfinished = await findUnfinished(dir);
  return new UserError(
    `${dir}: the weight ${name} is missing.${unfinished === null ? '' : ` ${unfinished}`}`,
    {
      action: 'Download or copy the model again, with every file that belongs to it.',
    },
  );
}

/** What GPTQ, AWQ, bitsandbytes, compressed-tensors and those that write 8-bit floats call their parts. */
const QUANTIZED =
  /\.(qweight|qzeros|g_idx|scales|weight_scale|weight_scale_inv|weight_packed|weight_shape|SCB|absmax|quant_map|weight\.(absmax|quant_map|quant_state\..*))$/;

async function methodOf(dir: string, note: string | undefined): Promise<string | null> {
  if (note === undefined) return null;
  const text = await readFile(join(dir, note), 'utf8').catch(() => '');
  try {
    const { quant_method: method, bits } = JSON.parse(text) ?? {};
    const named = typeof method === 'string' ? method : note === 'quantize_config.json' ? 'GPTQ' : null;
    return typeof bits === 'number' && named !== null ? `${named} to ${bits} bits` : named;
  } catch {
    return null;
  }
}
