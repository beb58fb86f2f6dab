// The Hub's address, the folder of its cache and the token of who asks: from the environment, as Hugging Face's own library
// reads it, so that both find each other's downloads.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface HubSettings {
  /** The Hub's address, without a slash at its end. */
  readonly endpoint: string;
  readonly cacheFolder: string;
  readonly token: string | null;
  readonly isOffline: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function hubSettings(environment: Environment = process.env): HubSettings {
  const get = (name: string) => environment[name]?.trim() || undefined;
  const expand = (path: string) => path.replace(/^~(?=\/|$)/, homedir());
  const caches = get('XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  const home = expand(get('HF_HOME') ?? join(caches, 'huggingface'));
  const isTrue = (name: string) => /^(1|on|yes|true)$/i.test(get(name) ?? '');
  return {
    endpoint: (get('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    cacheFolder: expand(get('HF_HUB_CACHE') ?? get('HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    token:
      get('HF_TOKEN') ??
      get('HUGGING_FACE_HUB_TOKEN') ??
      readToken(expand(get('HF_TOKEN_PATH') ?? join(home, 'token'))),
    isOffline: isTrue('HF_HUB_OFFLINE') || isTrue('TRANSFORMERS_OFFLINE'),
  };
}

/** The token that `hf auth login` stored. */
function readToken(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch {
    return null;
  }
}
