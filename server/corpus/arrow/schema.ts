// The columns of an Arrow schema, as far as reading texts needs them: how many buffers each takes, and which hold texts.
// Knows no files. The layouts: Arrow's "Columnar format", the section on buffers.

import type { DictionaryEncoding } from 'apache-arrow/fb/dictionary-encoding';
import { Endianness } from 'apache-arrow/fb/endianness';
import type { Field } from 'apache-arrow/fb/field';
import { Int } from 'apache-arrow/fb/int';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import { Type } from 'apache-arrow/fb/type';
import { Union } from 'apache-arrow/fb/union';
import { UnionMode } from 'apache-arrow/fb/union-mode';
import { ArrowDamage, corrupt } from './doubt.ts';
import type { ArrowSchema } from './messages.ts';

export interface ArrowField {
  readonly name: string;
  readonly type: Type;
  /** Its buffers but for those of views, of which each batch says how many there are. */
  readonly nBuffers: number;
  readonly children: readonly ArrowField[];
  /** Set where rows hold numbers of values that stand elsewhere; the type is then that of those. */
  readonly dictionary: ArrowDictionary | undefined;
}

export interface ArrowDictionary {
  readonly id: bigint;
  readonly indexBytes: 1 | 2 | 4 | 8;
  readonly values: ArrowField;
}

/** `texts`: one a row, as offsets into bytes, or as views. `lists`: of texts. */
export type ArrowForm = 'texts' | 'views' | 'lists' | 'other';

const MAX_DEPTH = 64;

export function fieldsOf({ schema, version, nMetadataBytes }: ArrowSchema): readonly ArrowField[] {
  if (schema.endianness() === Endianness.Big) {
    throw new ArrowDamage('wrong-format', 'its numbers are big-endian: save it on a machine of today');
  }
  const isOld = version === MetadataVersion.V4;
  // A schema that refers to its own parts again and again would never end.
  let nLeft = Math.ceil(nMetadataBytes / 8);
  const read = (field: Field | null, depth: number): ArrowField => {
    if (!field || --nLeft < 0 || depth > MAX_DEPTH) throw corrupt('its schema is no tree');
    const nChildren = field.childrenLength();
    if (nChildren > nLeft) throw corrupt(`its schema names ${nChildren} columns in one`);
    const type = field.typeType();
    const own = {
      name: field.name() ?? '',
      type,
      nBuffers: buffersOf(field, type, isOld),
      children: Array.from({ length: nChildren }, (_, i) => read(field.children(i), depth + 1)),
      dictionary: undefined,
    };
    const encoding = field.dictionary();
    return encoding ? { ...own, nBuffers: 2, children: [], dictionary: dictionaryOf(encoding, own) } : own;
  };
  const nFields = schema.fieldsLength();
  if (nFields > nLeft) throw corrupt(`its schema names ${nFields} columns`);
  return Array.from({ length: nFields }, (_, i) => read(schema.fields(i), 0));
}

function dictionaryOf(encoding: DictionaryEncoding, values: ArrowField): ArrowDictionary {
  const nBits = encoding.indexType(new Int())?.bitWidth() ?? 32;
  if (nBits !== 8 && nBits !== 16 && nBits !== 32 && nBits !== 64)
    throw corrupt(`a dictionary is asked by numbers of ${nBits} bits`);
  return { id: encoding.id(), indexBytes: (nBits / 8) as ArrowDictionary['indexBytes'], values };
}

function buffersOf(field: Field, type: Type, isOld: boolean): number {
  switch (type) {
    case Type.Null:
    case Type.RunEndEncoded:
      return 0;
    case Type.Struct_:
    case Type.FixedSizeList:
      return 1;
    case Type.Utf8:
    case Type.Binary:
    case Type.LargeUtf8:
    case Type.LargeBinary:
    case Type.ListView:
    case Type.LargeListView:
      return 3;
    case Type.Union: {
      const union: Union | null = field.type(new Union());
      return (union?.mode() === UnionMode.Dense ? 2 : 1) + (isOld ? 1 : 0);
    }
    case Type.Int:
    case Type.FloatingPoint:
    case Type.Bool:
    case Type.Decimal:
    case Type.Date:
    case Type.Time:
    case Type.Timestamp:
    case Type.Interval:
    case Type.Duration:
    case Type.FixedSizeBinary:
    case Type.List:
    case Type.LargeList:
    case Type.Map:
    case Type.Utf8View:
    case Type.BinaryView:
      return 2;
    default:
      throw corrupt(`its column ${field.name() ?? ''} is of the type ${type}, which is not known`);
  }
}

export function formOf({ type, children, dictionary }: ArrowField): ArrowForm {
  if (dictionary) return formOf(dictionary.values);
  switch (type) {
    case Type.Utf8:
    case Type.Binary:
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return 'texts';
    case Type.Utf8View:
    case Type.BinaryView:
      return 'views';
    case Type.List:
    case Type.LargeList: {
      const [item] = children;
      const form = item && formOf(item);
      return form === 'texts' || form === 'views' ? 'lists' : 'other';
    }
    default:
      return 'other';
  }
}

/** Whether offsets have 64 bits. */
export const isLarge = ({ type }: ArrowField): boolean =>
  type === Type.LargeUtf8 || type === Type.LargeBinary || type === Type.LargeList;
