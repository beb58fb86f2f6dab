// Texts that may hold secrets or addresses are handed on closed. Only `disclose` opens them, and it asks for the setting
// of whoever looks: an answer that forgets to mask does not compile, and one that is sent closed holds nothing.

/** Whether sensitive content is shown as it is or as its kind and length. */
export type Disclosure = 'masked' | 'shown';

type Mask<T> = (value: T) => T | Promise<T>;

export class Undisclosed<T> {
  readonly #value: T;
  readonly #mask: Mask<T>;

  /** `mask` hides what is sensitive; it is only run where that is asked for. */
  constructor(value: T, mask: Mask<T>) {
    this.#value = value;
    this.#mask = mask;
  }

  static async disclose<T>(undisclosed: Undisclosed<T>, disclosure: Disclosure): Promise<T> {
    return disclosure === 'shown' ? undisclosed.#value : await undisclosed.#mask(undisclosed.#value);
  }
}

export const disclose = Undisclosed.disclose;
