// One step of a decoder: every row is fed one token, sees those that it was fed before, and picks the next.

import { keyWidth } from '../decoder/decoder-spec.ts';
import { type AttendLayer, DecoderOperations, type DecoderParts } from './decoder-operations.ts';
import { attendWarps, logitStride, PICK_THREADS } from './kernel-sizes.ts';
import { address, float, int, launchOf, type Operation } from './operation.ts';
import type { StepBuffers, StepSize } from './step-buffers.ts';

export function stepOperations(
  device: Pick<DecoderParts, 'driver' | 'kernel' | 'products' | 'spec' | 'weights' | 'placed'>,
  buffers: StepBuffers,
  size: StepSize,
): readonly Operation[] {
  const { nRows, nPositions } = size;
  const { token, position } = buffers;
  const parts = { ...device, nRows, nPositions, token, position, joinsActivation: false };
  const decoder = new DecoderOperations(parts, attendOver(parts, buffers));
  const logits = { address: buffers.logits, type: 'float32', width: logitStride(device.spec) } as const;
  const pick = launchOf(
    parts,
    { kind: 'pick', logits },
    'pick',
    () => ({ blocks: [nRows], threads: PICK_THREADS }),
    [
      address(buffers.logits),
      address(buffers.samples),
      address(buffers.prompts),
      address(buffers.promptLengths),
      address(buffers.temperatures),
      address(token),
      address(position),
      address(buffers.remaining),
      address(buffers.picked),
      address(buffers.logprob),
      address(buffers.seed),
      int(nPositions),
    ],
  );
  return [...decoder.layers(), ...decoder.head({ nRows, logits: buffers.logits, rows: 0 }), pick];
}

/** Attention over a cache that each step writes one position of. */
function attendOver(parts: DecoderParts, { position, remaining }: StepBuffers): AttendLayer {
  const { driver, spec, placed, nRows, nPositions } = parts;
  const { attention } = spec;
  const cacheBytes = 2 * nRows * nPositions * keyWidth(attention);
  const threads = 32 * attendWarps(spec, nRows);
  return (layer, qkv, attended, turns) => {
    const { rotation, scale, window } = attention.layers[layer]!;
    const facts = { kind: 'attend', layer, from: qkv, to: attended } as const;
    const size = { blocks: [attention.nKeyHeads, nRows], threads } as const;
    return [
      launchOf(parts, facts, 'attend', () => size, [
        address(qkv.address),
        address(driver.allocate(cacheBytes)),
        address(driver.allocate(cacheBytes)),
        address(position),
        address(remaining),
        address(turns),
        address(placed.layers[layer]!.headOrder),
        address(attended.address),
        float(scale),
        int(rotation?.frequencies.length ?? 0),
        int(window ?? 0),
        int(nPositions),
      ]),
    ];
  };
}
