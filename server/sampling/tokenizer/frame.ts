// The tokens that a tokenizer puts around a text by itself: what its post-processor says, or, over that, what the settings beside it
// say of beginning and end.

import { isObject, type TokenizerJson, tokensOf } from './check-tokenizer.ts';

/** Token ids. */
export interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** `settings` is what tokenizer_config.json holds. */
export function readFrame(json: TokenizerJson, settings: Readonly<Record<string, unknown>>): Frame {
  const own = frameOf(json, json.post_processor);
  return {
    before: chosen(json, settings.add_bos_token, settings.bos_token, own.before),
    after: chosen(json, settings.add_eos_token, settings.eos_token, own.after),
  };
}

/** True puts the token there if nothing is, and false takes away what is. */
function chosen(
  json: TokenizerJson,
  says: unknown,
  token: unknown,
  own: readonly number[],
): readonly number[] {
  if (says === false) return [];
  if (says !== true || own.length > 0) return own;
  const id = idOfToken(json, token);
  return id === null ? own : [id];
}

export const NO_FRAME: Frame = { before: [], after: [] };

function frameOf(json: TokenizerJson, part: unknown): Frame {
  if (!isObject(part)) return NO_FRAME;
  const {
    type,
    single,
    special_tokens: ids,
    processors,
    cls,
    sep,
  } = part as Readonly<Record<string, unknown>>;
  if (type === 'Sequence' && Array.isArray(processors))
    return processors.map((one) => frameOf(json, one)).reduce(around, NO_FRAME);
  if (type === 'BertProcessing' || type === 'RobertaProcessing')
    return { before: pairId(cls), after: pairId(sep) };
  if (type !== 'TemplateProcessing' || !Array.isArray(single)) return NO_FRAME;
  const at = single.findIndex((piece) => isObject(piece) && 'Sequence' in piece);
  const idsOf = (pieces: readonly unknown[]) =>
    pieces.flatMap((piece) => {
      const named = isObject(piece) && 'SpecialToken' in piece ? piece.SpecialToken : null;
      const name = isObject(named) && 'id' in named ? named.id : null;
      return typeof name === 'string' ? idsOfSpecial(json, ids, name) : [];
    });
  return at < 0 ? NO_FRAME : { before: idsOf(single.slice(0, at)), after: idsOf(single.slice(at + 1)) };
}

const around = (inner: Frame, outer: Frame): Frame => ({
  before: [...outer.before, ...inner.before],
  after: [...inner.after, ...outer.after],
});

/** What the post-processor itself says of the number, else the token's own. */
function idsOfSpecial(json: TokenizerJson, ids: unknown, name: string): readonly number[] {
  const entry = isObject(ids) && Object.hasOwn(ids, name) ? (ids as Record<string, unknown>)[name] : null;
  const own = isObject(entry) && 'ids' in entry && Array.isArray(entry.ids) ? entry.ids : null;
  if (own?.every((id) => Number.isSafeInteger(id) && id >= 0)) return own;
  const id = idOfToken(json, name);
  return id === null ? [] : [id];
}

const pairId = (pair: unknown): readonly number[] =>
  Array.isArray(pair) && Number.isSafeInteger(pair[1]) && pair[1] >= 0 ? [pair[1]] : [];

/** The number of a token that is written as its text, or as an object with it. */
export function idOfToken(json: TokenizerJson, token: unknown): number | null {
  const text = isObject(token) && 'content' in token ? token.content : token;
  if (typeof text !== 'string') return null;
  const added = json.added_tokens?.find(({ content }) => content === text)?.id;
  return added ?? tokensOf(json).find(([known]) => known === text)?.[1] ?? null;
}
