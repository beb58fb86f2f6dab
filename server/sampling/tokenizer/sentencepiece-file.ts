// tokenizer.model, as SentencePiece writes it, in the shape of tokenizer.json. Field numbers are those of sentencepiece_model.proto.

import { UserError } from '../../errors.ts';
import { type Field, type FileBytes, Malformed, readMessage } from '../onnx/protobuf-reader.ts';
import { type Piece, type PieceTable, tokenizerOfPieces } from './from-pieces.ts';

/** Throws a UserError for a file that is none, or one that does more to a text than is known. Not checked further. */
export function readSentencePiece(path: string): object {
  const { table, refusal } = readMessage(path, 'tokenizer of SentencePiece', readModel);
  if (refusal === null) return tokenizerOfPieces(table);
  throw new UserError(`${path}: ${refusal}, which is not read from tokenizer.model.`, {
    action: 'Put the tokenizer.json of the model beside it, which transformers writes with save_pretrained.',
  });
}

/** ModelProto: pieces 1, trainer_spec 2, normalizer_spec 3. */
function readModel(bytes: FileBytes): { readonly table: PieceTable; readonly refusal: string | null } {
  const pieces: Piece[] = [];
  let algorithm: PieceTable['algorithm'] | null = 'Unigram';
  let putsSpace = true;
  let refusal: string | null = null;
  for (const part of bytes.fields(0, bytes.size)) {
    if (part.field === 1) pieces.push(readPiece(bytes, part));
    if (pieces.length > MOST_PIECES) throw new Malformed();
    if (part.field !== 2 && part.field !== 3) continue;
    for (const fact of bytes.fields(part.start, part.end)) {
      // TrainerSpec: model_type 3, treat_whitespace_as_suffix 24.
      if (part.field === 2 && fact.field === 3) algorithm = ALGORITHMS.get(fact.value) ?? null;
      if (part.field === 2 && fact.field === 24 && fact.value === 1) refusal = 'it puts spaces behind words';
      // NormalizerSpec: precompiled_charsmap 2, add_dummy_prefix 3, remove_extra_whitespaces 4, escape_whitespaces 5.
      if (part.field === 2) continue;
      if (fact.field === 2 && fact.end > fact.start) refusal = 'it changes characters before it cuts a text';
      if (fact.field === 3) putsSpace = fact.value === 1;
      if (fact.field === 5 && fact.value === 0) refusal = 'it keeps spaces as they are';
    }
  }
  if (pieces.length === 0) throw new Malformed();
  if (algorithm === null) refusal = 'it is neither BPE nor Unigram';
  return { table: { pieces, algorithm: algorithm ?? 'BPE', putsSpace }, refusal };
}

const ALGORITHMS: ReadonlyMap<number, PieceTable['algorithm']> = new Map([
  [1, 'Unigram'],
  [2, 'BPE'],
]);
const MOST_PIECES = 4_000_000;

/** SentencePiece: piece 1, score 2, type 3. */
function readPiece(bytes: FileBytes, piece: Field): Piece {
  let [text, score, kind]: [string, number, Piece['kind']] = ['', 0, 'normal'];
  for (const fact of bytes.fields(piece.start, piece.end)) {
    if (fact.field === 1) text = bytes.text(fact);
    if (fact.field === 2) score = bytes.float(fact);
    if (fact.field === 3) kind = PIECE_KINDS[fact.value] ?? 'normal';
  }
  return { text, score, kind };
}

/** Numbers of kinds, in these files and in GGUF's. */
export const PIECE_KINDS: readonly (Piece['kind'] | undefined)[] = [
  undefined,
  'normal',
  'unknown',
  'control',
  'added',
  'unused',
  'byte',
];
