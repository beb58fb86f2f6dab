// What a graph that was made elsewhere takes and gives, read from its file without loading it: weights and nodes
// are stepped over. Knows ONNX's messages (onnx.proto field numbers are given where they are read) and no runtime.

import { DATA_TYPE, type DataType, type Dimension } from '../onnx/onnx-graph.ts';
import { type Field, type FileBytes, Malformed, readMessage } from '../onnx/protobuf-reader.ts';

export interface TensorSignature {
  readonly name: string;
  /** Null for a type that no decoder is fed with here. */
  readonly type: DataType | null;
  readonly shape: readonly Dimension[];
}

export interface GraphSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/** Far beyond any decoder: each takes a few bytes of a file, and a hundred times as much here. */
const MOST_TENSORS = 100_000;
const MOST_DIMENSIONS = 64;

/** Throws a UserError for a file that is no ONNX model. */
export function readSignature(path: string): GraphSignature {
  return readMessage(path, 'ONNX model', (bytes) => {
    const inputs: TensorSignature[] = [];
    const outputs: TensorSignature[] = [];
    for (const { field, start, end } of bytes.fields(0, bytes.size)) {
      if (field !== 7) continue; // ModelProto.graph
      for (const part of bytes.fields(start, end)) {
        if (part.field === 11) inputs.push(readTensor(bytes, part)); // GraphProto.input
        if (part.field === 12) outputs.push(readTensor(bytes, part)); // GraphProto.output
        if (inputs.length + outputs.length > MOST_TENSORS) throw new Malformed();
      }
    }
    if (inputs.length > 0 && outputs.length > 0) return { inputs, outputs };
    throw new Malformed();
  });
}

/** ValueInfoProto: name 1, type 2. TypeProto: tensor_type 1. Its parts: elem_type 1, shape 2. */
function readTensor(bytes: FileBytes, place: Field): TensorSignature {
  let name = '';
  let type: DataType | null = null;
  const shape: Dimension[] = [];
  for (const part of bytes.fields(place.start, place.end)) {
    if (part.field === 1) name = bytes.text(part);
    if (part.field !== 2) continue;
    for (const tensor of bytes.fields(part.start, part.end)) {
      if (tensor.field !== 1) continue;
      for (const fact of bytes.fields(tensor.start, tensor.end)) {
        if (fact.field === 1) type = TYPES.get(fact.value) ?? null;
        if (fact.field !== 2) continue;
        for (const dimension of bytes.fields(fact.start, fact.end)) {
          if (shape.length === MOST_DIMENSIONS) throw new Malformed();
          shape.push(readSize(bytes, dimension));
        }
      }
    }
  }
  return { name, type, shape };
}

const TYPES = new Map(Object.entries(DATA_TYPE).map(([name, code]) => [code as number, name as DataType]));

/** TensorShapeProto.Dimension: dim_value 1, dim_param 2. */
function readSize(bytes: FileBytes, { start, end }: Field): Dimension {
  for (const size of bytes.fields(start, end)) {
    if (size.field === 1) return size.value;
    if (size.field === 2) return bytes.text(size);
  }
  return null;
}
