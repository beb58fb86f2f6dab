// For Markdown that goes into issues, pull requests and notebooks: headings, tables, HTML, links, mentions and
// references that a text of others must not make.

import { codeSpan } from './code-span.ts';
import type { Encodable } from './foreign.ts';
import { percentEncoded } from './percent-encoded.ts';
import { visible } from './visible.ts';

/** A code span: nothing in it is markup, and it mentions nobody. */
export const forMarkdown = (text: Encodable): string => codeSpan(visible(text));

/** In a table even a code span ends at a bar, unless a backslash stands before it (GFM, section 4.10). */
export const forMarkdownCell = (text: Encodable): string => forMarkdown(text).replaceAll('|', '\\|');

/** For our own words between such parts. */
export const escapeMarkdown = (text: string): string =>
  visible(text)
    .replace(/[\\`*_~<>[\]|#&]/g, '\\$&')
    .replaceAll('://', '\\://');

/** The address of a link whose title is ours. */
export const forMarkdownLink = (address: string): string =>
  address.replace(/[^\w:/?#@!$&*+,;=%.~-]/gu, percentEncoded);

/** The lines of a block that a fence of `blockFence` surrounds. */
export const forMarkdownBlock = (text: Encodable): string => visible(text, '\n\t');
