// The product's version, from the manifest, so that it is written in one place.

import manifest from '../package.json' with { type: 'json' };

export const version: string = manifest.version;
