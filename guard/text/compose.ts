// Text that holds text of others is itself text of others: such texts put together, before they are encoded.

import { type Encodable, type Foreign, type ForeignList, foreign, textOf } from './foreign.ts';

/** compose`${path}:${line}` */
export const compose = (template: TemplateStringsArray, ...parts: readonly Encodable[]): Foreign =>
  foreign(String.raw({ raw: template }, ...parts.map(textOf)));

/** Those that are not empty, with the separator between them. */
export const joinForeign = (texts: ForeignList, separator: string): Foreign =>
  foreign([...texts].map(textOf).filter(Boolean).join(separator));
