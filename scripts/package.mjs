// `npm run package [-- NAME…] [--out DIR]`: set-up if needed, then the packages. See package-build.mjs.

import { node, run, setUp } from './setup.mjs';

setUp();
// license-checker calls a file function in a way that Node warns about.
run('Packaging', node, ['--disable-warning=DEP0187', 'scripts/package-build.mjs', ...process.argv.slice(2)]);
