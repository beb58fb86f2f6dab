// The address of a server of models, as people write it. Pure.

import { UserError } from '../errors.ts';

/** Pages of the Hub are addresses, too, and mean what they show. */
const HUB_PAGE = /^https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\//i;

/** Whether a place of a model is a server's address. */
export const isServedAddress = (text: string): boolean => /^https?:\/\//i.test(text) && !HUB_PAGE.test(text);

/** The address in the one way that plans hold it. Throws a `UserError`. */
export function servedAddress(text: string): string {
  const refuse = (why: string) =>
    new UserError(`The address of a served model ${why}`, {
      action: 'Addresses look like http://localhost:8000/v1.',
    });
  if (!URL.canParse(text)) throw refuse('is no address');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new UserError(`The address of a served model on ${url.host} holds a name or a password`, {
      action: 'Leave it out: keys are given in VERBATIM_API_KEY or with --api-key-file.',
    });
  }
  if (url.search !== '' || url.hash !== '') throw refuse(`on ${url.host} has something behind its path`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
