// Percent-encoding of addresses (RFC 3986, section 2.1) that leaves nothing which could end one: also quotes and
// parentheses are encoded, which encodeURIComponent leaves. A lone surrogate has no encoding and becomes U+FFFD.

export const percentEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
