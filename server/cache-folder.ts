// The folder of everything that can be made or asked for again. Knows nothing of what is kept there.

import { homedir } from 'node:os';
import { join } from 'node:path';

export const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'verbatim');
