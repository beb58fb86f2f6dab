// The type of text that somebody else wrote: names, paths and licences of training data, what a model wrote, what a
// study file or a plan says, the messages of SQLite and of the runtime. It may hold markup, commands and escape
// sequences, so nothing shows it as it is: every place that shows text has an encoder in this folder.

declare const origin: unique symbol;

/**
 * Text of others. While the program runs it is an ordinary string. To the compiler it is a symbol, which is refused
 * wherever a string is expected, in template literals and by `+`, so that only the encoders let it out.
 */
export type Foreign = { toString(): Foreign } & symbol & { readonly [origin]: 'foreign' };

/** What encoders take. They encode a plain string just the same: who is not sure encodes. */
export type Encodable = Foreign | string | number | boolean;

/** A list of such texts, which cannot be joined into a string before they are encoded. */
export interface ForeignList extends Omit<readonly Foreign[], 'join' | 'toString' | 'toLocaleString'> {}

export const foreign = (text: string): Foreign => text as unknown as Foreign;

/** The text as it is, to compare it, to look it up, to keep it in a file: never to show it. */
export const rawText = (text: Encodable): string => text as unknown as string;

/** The text as it is; a value out of a file that is not what its type promises is shown as JSON. */
export function textOf(value: Encodable): string {
  const raw: unknown = value;
  if (typeof raw === 'string') return raw;
  return typeof raw === 'object' ? JSON.stringify(raw) : String(raw);
}

/** A value out of a file of others, with every text in it marked. Words that a reader compared with a list stay. */
export type FromOthers<Value> = Value extends string
  ? string extends Value
    ? Foreign
    : Value
  : Value extends number | boolean | null | undefined
    ? Value
    : Value extends readonly string[]
      ? ForeignList
      : { readonly [Key in keyof Value]: FromOthers<Value[Key]> };

export const fromOthers = <Value>(value: Value): FromOthers<Value> => value as FromOthers<Value>;

/** A value of several parts as it is, to work with it: never to show it. */
export const rawValue = <Value>(value: FromOthers<Value>): Value => value as unknown as Value;

type Plain = string | number | bigint | boolean | null | undefined;

/**
 * Whether a value of several parts holds such text: in properties, lists and alternatives, six levels deep, since types may
 * hold themselves. What is of any type holds nothing that the compiler knows of.
 */
type Holds<Value, Depth extends readonly unknown[] = []> = 0 extends 1 & Value
  ? false
  : Depth['length'] extends 6
    ? false
    : Value extends readonly never[]
      ? false
      : Value extends Foreign | ForeignList
        ? true
        : Value extends Plain | symbol | ((...args: never) => unknown)
          ? false
          : Value extends readonly (infer Item)[]
            ? Holds<Item, [...Depth, unknown]>
            : { [Key in keyof Value]-?: Holds<Value[Key], [...Depth, unknown]> }[keyof Value];

/** The text of a value: text of others where some of that is in it. */
type TextOf<Value> = true extends Holds<Value> ? Foreign : string;

/**
 * What takes anything and makes a string of it would let such text out: to the compiler it stays text of others. What comes
 * first wins, so that plain text, and what is of any type, is a string as ever.
 */
declare global {
  interface StringConstructor {
    (value: Plain): string;
    (value: Encodable | null | undefined): Foreign;
    <Value extends object>(value: Value): TextOf<Value>;
    raw(template: { readonly raw: readonly string[] }, ...substitutions: readonly Plain[]): string;
    raw(
      template: { readonly raw: readonly string[] },
      ...substitutions: readonly (Plain | Encodable)[]
    ): Foreign;
  }
  interface JSON {
    stringify(value: Plain, replacer?: null, space?: string | number): string;
    stringify(value: Encodable | null | undefined, replacer?: null, space?: string | number): Foreign;
    stringify<Value extends object>(value: Value, replacer?: null, space?: string | number): TextOf<Value>;
  }
  interface Array<T> {
    join(this: readonly Plain[], separator?: string): string;
    join(this: readonly (Encodable | null | undefined)[], separator?: string): Foreign;
  }
  interface ReadonlyArray<T> {
    join(this: readonly Plain[], separator?: string): string;
    join(this: readonly (Encodable | null | undefined)[], separator?: string): Foreign;
  }
}
