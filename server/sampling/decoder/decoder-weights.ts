// The tensors a GPT-2 needs, under one set of names, whatever prefix the checkpoint uses. Knows no graph.

import { dirname, sep } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Weight } from '../weights/safetensors.ts';
import type { DecoderSpec } from './decoder-spec.ts';

/** Weights by their name without a prefix, such as `h.0.attn.c_attn.weight`. */
export type DecoderWeights = ReadonlyMap<string, Weight>;

/** Picks and checks what the architecture needs; other tensors, such as stored masks, are left alone. */
export function selectWeights(dir: string, config: DecoderSpec, all: readonly Weight[]): DecoderWeights {
  const byName = new Map(all.map((weight) => [weight.name.replace(/^transformer\./, ''), weight]));
  const selected = new Map<string, Weight>();
  for (const [name, shape] of requiredShapes(config)) {
    const weight = byName.get(name);
    if (weight === undefined) {
      throw new UserError(`${dir}: the weight ${name} is missing.`, {
        action: 'Download or copy the model again, with every file that belongs to it.',
      });
    }
    if (weight.shape.join() !== shape.join()) {
      throw new UserError(
        `${weight.file}: ${weight.name} has the shape [${weight.shape.join(', ')}], ` +
          `and config.json asks for [${shape.join(', ')}].`,
        { action: 'Use the config.json and the weights of the same model.' },
      );
    }
    selected.set(name, weight);
  }
  if (!config.hasBias) refuseBiases(dir, config, byName);
  return selected;
}

/** The closest folder above all the files: links are resolved, so shards may lie in several. */
export function folderAbove(files: readonly string[]): string {
  let folder = dirname(files[0] ?? sep);
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    if (folder === dirname(folder)) {
      throw new UserError(`${files.join(' and ')} lie on different drives.`, {
        action: 'Set XDG_CACHE_HOME to a folder on the drive of the model.',
      });
    }
    folder = dirname(folder);
  }
  return folder;
}

function requiredShapes(config: DecoderSpec): ReadonlyMap<string, readonly number[]> {
  const { width, innerWidth, vocabularySize, nPositions } = config;
  const shapes = new Map<string, readonly number[]>();
  shapes.set('wte.weight', [vocabularySize, width]);
  shapes.set('wpe.weight', [nPositions, width]);
  const withBias = (name: string, shape: readonly number[]) => {
    shapes.set(`${name}.weight`, shape);
    if (config.hasBias) shapes.set(`${name}.bias`, [shape.at(-1)!]);
  };
  for (let layer = 0; layer < config.nLayers; layer++) {
    withBias(`h.${layer}.ln_1`, [width]);
    withBias(`h.${layer}.attn.c_attn`, [width, 3 * width]);
    withBias(`h.${layer}.attn.c_proj`, [width, width]);
    withBias(`h.${layer}.ln_2`, [width]);
    withBias(`h.${layer}.mlp.c_fc`, [width, innerWidth]);
    withBias(`h.${layer}.mlp.c_proj`, [innerWidth, width]);
  }
  withBias('ln_f', [width]);
  if (!config.tiedHead) shapes.set('lm_head.weight', [vocabularySize, width]);
  return shapes;
}

function refuseBiases(dir: string, config: DecoderSpec, byName: ReadonlyMap<string, Weight>): void {
  for (const name of requiredShapes({ ...config, hasBias: true }).keys()) {
    if (name.endsWith('.bias') && byName.has(name)) {
      throw new UserError(`${dir}: config.json says "bias": false, and the weights hold ${name}.`, {
        action: 'Use the config.json and the weights of the same model.',
      });
    }
  }
}
