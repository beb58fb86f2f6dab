// Which Chromium shows the workbench to tests. The headless shell is the same engine without a browser's window around it,
// which no test looks at and which takes a quarter of a start.

import { existsSync } from 'node:fs';

/** Debian's package of it. */
export const CHROMIUM_PACKAGE = 'chromium-headless-shell';

const PLACES = [`/usr/bin/${CHROMIUM_PACKAGE}`, '/usr/bin/chromium'];

/** Its path; null where there is none. */
export const findChromium = () => process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place)) ?? null;
