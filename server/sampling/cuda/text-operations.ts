// A decoder over a stream of whole texts: all positions at once, each seeing those of its text before it, and of wanted
// tokens what a map keeps. Texts are laid behind each other (lay-texts.ts); operations have the stream's size, whatever is in it.

import type { DeviceAddress } from './cuda-driver.ts';
import { type AttendLayer, DecoderOperations, type DecoderParts } from './decoder-operations.ts';
import { HEAD_ROWS, logitStride, PICK_THREADS } from './kernel-sizes.ts';
import { address, float, int, launchOf, type Operation } from './operation.ts';

const TURN_THREADS = 128;
const ATTEND_THREADS = 128;

export interface TextBuffers {
  /** int32 [stream]. */
  readonly token: DeviceAddress;
  readonly position: DeviceAddress;
  /** int32 [tile, 3], as many as there are tokens at the most. */
  readonly tiles: DeviceAddress;
  /** int32 [wanted]: a stream's worth and `HEAD_ROWS` more. So are those below, each number in 32 bits. */
  readonly places: DeviceAddress;
  readonly targets: DeviceAddress;
  readonly plain: DeviceAddress;
  readonly drawn: DeviceAddress;
  readonly best: DeviceAddress;
  /** float32 [HEAD_ROWS, logitStride], of the part that was measured last. */
  readonly logits: DeviceAddress;
}

/** What is there of a stream at the moment. */
export interface Filled {
  nTiles: number;
}

export interface TextOperations {
  readonly layers: readonly Operation[];
  /** Each for `HEAD_ROWS` wanted tokens, one part behind the other. */
  readonly heads: readonly (readonly Operation[])[];
}

export function textOperations(
  device: Omit<DecoderParts, 'token' | 'position' | 'joinsActivation'>,
  buffers: TextBuffers,
  filled: Filled,
): TextOperations {
  const { token, position } = buffers;
  const parts = { ...device, token, position, joinsActivation: true };
  const decoder = new DecoderOperations(parts, attendTexts(parts, buffers, filled));
  const layers = decoder.layers();
  const nParts = Math.ceil(device.nRows / HEAD_ROWS);
  const heads = Array.from({ length: nParts }, (_, part) => {
    const from = (buffer: DeviceAddress) => buffer + 4 * HEAD_ROWS * part;
    const head = { nRows: HEAD_ROWS, logits: buffers.logits, rows: from(buffers.places) };
    const logits = { address: buffers.logits, type: 'float32', width: logitStride(device.spec) } as const;
    const size = { blocks: [HEAD_ROWS], threads: PICK_THREADS } as const;
    const measure = launchOf(parts, { kind: 'measure', logits }, 'measureTokens', () => size, [
      address(buffers.logits),
      address(from(buffers.targets)),
      address(from(buffers.plain)),
      address(from(buffers.drawn)),
      address(from(buffers.best)),
    ]);
    return [...decoder.head(head), measure];
  });
  return { layers, heads };
}

function attendTexts(parts: DecoderParts, { position, tiles }: TextBuffers, filled: Filled): AttendLayer {
  const { spec, placed, nRows } = parts;
  const { nHeads, layers } = spec.attention;
  return (layer, qkv, attended, turns) => {
    const { rotation, scale, window } = layers[layer]!;
    const order = address(placed.layers[layer]!.headOrder);
    const rows = { blocks: [nRows], threads: TURN_THREADS } as const;
    const turn = { kind: 'turn', layer, qkv } as const;
    const attend = { kind: 'attend-texts', layer, from: qkv, to: attended } as const;
    const ofTiles = () => ({ blocks: [nHeads, filled.nTiles], threads: ATTEND_THREADS }) as const;
    const turning = launchOf(parts, turn, 'turnTexts', () => rows, [
      address(qkv.address),
      address(position),
      address(turns),
      order,
      int(rotation?.frequencies.length ?? 0),
    ]);
    const attending = launchOf(parts, attend, 'attendTexts', ofTiles, [
      address(qkv.address),
      address(tiles),
      order,
      address(attended.address),
      float(scale),
      int(window ?? 0),
    ]);
    return rotation === null ? [attending] : [turning, attending];
  };
}

export function allocateTextBuffers(
  allocate: (nBytes: number) => DeviceAddress,
  nRows: number,
  stride: number,
): TextBuffers {
  const perWanted = () => allocate(4 * (nRows + HEAD_ROWS));
  return {
    token: allocate(4 * nRows),
    position: allocate(4 * nRows),
    tiles: allocate(12 * nRows),
    places: perWanted(),
    targets: perWanted(),
    plain: perWanted(),
    drawn: perWanted(),
    best: perWanted(),
    logits: allocate(4 * HEAD_ROWS * stride),
  };
}
