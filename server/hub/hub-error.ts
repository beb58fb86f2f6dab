// An answer of the Hub that is a refusal, as its own client's error: listing and downloading then speak of it
// in the same words.

import { HubApiError } from '@huggingface/hub';

export async function refusal(response: Response): Promise<HubApiError> {
  await response.body?.cancel();
  return new HubApiError(response.url, response.status, response.headers.get('x-request-id') ?? undefined);
}
