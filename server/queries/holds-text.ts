// Whether the result of a message holds text of samples, fragments or documents, told by its type: such properties are
// called `text`, or `firstLine` where it is a label.

type IsText<Value> = [Extract<Value, string | symbol>] extends [never] ? false : true;

type IsTextIn<Key, Value> = Key extends 'text' | 'firstLine' ? IsText<Value> : false;

export type HoldsText<Result> = Result extends string | number | boolean | symbol | null | undefined
  ? false
  : Result extends readonly (infer Item)[]
    ? HoldsText<Item>
    : true extends {
          [Key in keyof Result]-?: true extends IsTextIn<Key, Result[Key]> ? true : HoldsText<Result[Key]>;
        }[keyof Result]
      ? true
      : false;

/** Whether it holds names, or sentences with names, that somebody else chose. */
export type HoldsNames<Result> = Result extends symbol
  ? true
  : Result extends string | number | boolean | null | undefined
    ? false
    : Result extends readonly (infer Item)[]
      ? HoldsNames<Item>
      : true extends { [Key in keyof Result]-?: HoldsNames<Result[Key]> }[keyof Result]
        ? true
        : false;
