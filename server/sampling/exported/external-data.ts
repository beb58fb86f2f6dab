// Which files hold the weights of a graph that was made elsewhere: a tensor may name any file beside the graph, whatever it is
// called. Knows ONNX's messages (onnx.proto field numbers are given where they are read) and no runtime.

import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSafeRelativePath } from '../../../guard/paths/file-name.ts';
import { UserError } from '../../errors.ts';
import { type Field, type FileBytes, Malformed, readMessage } from '../onnx/protobuf-reader.ts';

interface StoredElsewhere {
  readonly tensor: string;
  /** The end of its bytes in that file; 0 if that is not said. */
  readonly end: number;
}

/** Names relative to the graph's folder, sorted. Throws a UserError for one that is not there, or not whole. */
export async function externalFiles(graphPath: string): Promise<readonly string[]> {
  const last = readMessage(graphPath, 'ONNX model', lastPlaces);
  for (const [location, { tensor, end }] of last) {
    if (!isSafeRelativePath(location, 'this')) {
      throw new UserError(`${graphPath} keeps weights in ${location}, which is not below its folder.`, {
        action: 'Export it again, into a folder with all its files.',
      });
    }
    const path = join(dirname(graphPath), location);
    const file = await stat(path).catch(() => null);
    if (file === null) {
      throw new UserError(`${graphPath} keeps weights in ${location}, and there is no such file.`, {
        action: `Put ${path} there, or download the model again with every file that belongs to it.`,
      });
    }
    if (file.size < end) {
      throw new UserError(`${path} is cut short: it ends at byte ${file.size}, and ${tensor} at ${end}.`, {
        action: 'Download or copy the file again.',
      });
    }
  }
  return [...last.keys()].sort();
}

/** The tensor that ends last in each file. */
type Places = Map<string, StoredElsewhere>;

/** ModelProto: graph 7, functions 25. FunctionProto: node 7. */
function lastPlaces(bytes: FileBytes): Places {
  const places: Places = new Map();
  for (const part of bytes.fields(0, bytes.size)) {
    if (part.field === 7) readGraph(bytes, part, places, 0);
    if (part.field !== 25) continue;
    for (const node of bytes.fields(part.start, part.end))
      if (node.field === 7) readNode(bytes, node, places, 0);
  }
  return places;
}

/** Branches within branches: more than any exporter makes, and little enough for the stack. */
const MOST_LEVELS = 50;

/** GraphProto: node 1, initializer 5. */
function readGraph(bytes: FileBytes, graph: Field, places: Places, level: number): void {
  if (level > MOST_LEVELS) throw new Malformed();
  for (const part of bytes.fields(graph.start, graph.end)) {
    if (part.field === 1) readNode(bytes, part, places, level);
    if (part.field === 5) readTensor(bytes, part, places);
  }
}

/** NodeProto: attribute 5. AttributeProto: t 5, g 6, tensors 10, graphs 11. */
function readNode(bytes: FileBytes, node: Field, places: Places, level: number): void {
  for (const attribute of bytes.fields(node.start, node.end)) {
    if (attribute.field !== 5) continue;
    for (const value of bytes.fields(attribute.start, attribute.end)) {
      if (value.field === 5 || value.field === 10) readTensor(bytes, value, places);
      if (value.field === 6 || value.field === 11) readGraph(bytes, value, places, level + 1);
    }
  }
}

/** TensorProto: name 8, external_data 13. */
function readTensor(bytes: FileBytes, tensor: Field, places: Places): void {
  let name = '';
  const entries = new Map<string, string>();
  for (const part of bytes.fields(tensor.start, tensor.end)) {
    if (part.field === 8) name = bytes.text(part);
    if (part.field === 13) entries.set(...readEntry(bytes, part));
  }
  const location = entries.get('location')?.replace(/^(\.\/)+/, '');
  if (location === undefined) return;
  const end = Number(entries.get('offset') ?? 0) + Number(entries.get('length') ?? 0);
  const before = places.get(location);
  const isLast = before === undefined || end > before.end;
  if (isLast) places.set(location, { tensor: name, end: Number.isSafeInteger(end) ? end : 0 });
}

/** StringStringEntryProto: key 1, value 2. */
function readEntry(bytes: FileBytes, entry: Field): readonly [key: string, value: string] {
  const texts = ['', ''];
  for (const part of bytes.fields(entry.start, entry.end))
    if (part.field === 1 || part.field === 2) texts[part.field - 1] = bytes.text(part);
  return [texts[0]!, texts[1]!];
}
