// The texts of the licences that are common in code, from the SPDX licence list. Loaded once, when a report
// first asks what kind of thing a fragment is.

import bsd0 from 'spdx-license-list/licenses/0BSD.json' with { type: 'json' };
import agpl30Only from 'spdx-license-list/licenses/AGPL-3.0-only.json' with { type: 'json' };
import apache11 from 'spdx-license-list/licenses/Apache-1.1.json' with { type: 'json' };
import apache20 from 'spdx-license-list/licenses/Apache-2.0.json' with { type: 'json' };
import artistic20 from 'spdx-license-list/licenses/Artistic-2.0.json' with { type: 'json' };
import bsd2Clause from 'spdx-license-list/licenses/BSD-2-Clause.json' with { type: 'json' };
import bsd3Clause from 'spdx-license-list/licenses/BSD-3-Clause.json' with { type: 'json' };
import bsd4Clause from 'spdx-license-list/licenses/BSD-4-Clause.json' with { type: 'json' };
import bsl10 from 'spdx-license-list/licenses/BSL-1.0.json' with { type: 'json' };
import ccBy40 from 'spdx-license-list/licenses/CC-BY-4.0.json' with { type: 'json' };
import ccBySa40 from 'spdx-license-list/licenses/CC-BY-SA-4.0.json' with { type: 'json' };
import cc010 from 'spdx-license-list/licenses/CC0-1.0.json' with { type: 'json' };
import cddl10 from 'spdx-license-list/licenses/CDDL-1.0.json' with { type: 'json' };
import epl10 from 'spdx-license-list/licenses/EPL-1.0.json' with { type: 'json' };
import epl20 from 'spdx-license-list/licenses/EPL-2.0.json' with { type: 'json' };
import eupl12 from 'spdx-license-list/licenses/EUPL-1.2.json' with { type: 'json' };
import gpl20Only from 'spdx-license-list/licenses/GPL-2.0-only.json' with { type: 'json' };
import gpl30Only from 'spdx-license-list/licenses/GPL-3.0-only.json' with { type: 'json' };
import isc from 'spdx-license-list/licenses/ISC.json' with { type: 'json' };
import lgpl21Only from 'spdx-license-list/licenses/LGPL-2.1-only.json' with { type: 'json' };
import lgpl30Only from 'spdx-license-list/licenses/LGPL-3.0-only.json' with { type: 'json' };
import mit from 'spdx-license-list/licenses/MIT.json' with { type: 'json' };
import mit0 from 'spdx-license-list/licenses/MIT-0.json' with { type: 'json' };
import mpl11 from 'spdx-license-list/licenses/MPL-1.1.json' with { type: 'json' };
import mpl20 from 'spdx-license-list/licenses/MPL-2.0.json' with { type: 'json' };
import msPl from 'spdx-license-list/licenses/MS-PL.json' with { type: 'json' };
import ncsa from 'spdx-license-list/licenses/NCSA.json' with { type: 'json' };
import postgresql from 'spdx-license-list/licenses/PostgreSQL.json' with { type: 'json' };
import psf20 from 'spdx-license-list/licenses/PSF-2.0.json' with { type: 'json' };
import python20 from 'spdx-license-list/licenses/Python-2.0.json' with { type: 'json' };
import unlicense from 'spdx-license-list/licenses/Unlicense.json' with { type: 'json' };
import wtfpl from 'spdx-license-list/licenses/WTFPL.json' with { type: 'json' };
import zlib from 'spdx-license-list/licenses/Zlib.json' with { type: 'json' };
import zpl21 from 'spdx-license-list/licenses/ZPL-2.1.json' with { type: 'json' };
import { indexLicenses, type LicenseIndex } from '../analysis/license-index.ts';

/** Plainer ones first: they win where a text stands in several. */
const texts: readonly (readonly [spdxId: string, license: { readonly licenseText: string }])[] = [
  ['MIT', mit],
  ['ISC', isc],
  ['0BSD', bsd0],
  ['MIT-0', mit0],
  ['BSD-2-Clause', bsd2Clause],
  ['BSD-3-Clause', bsd3Clause],
  ['BSD-4-Clause', bsd4Clause],
  ['Apache-2.0', apache20],
  ['Apache-1.1', apache11],
  ['Unlicense', unlicense],
  ['Zlib', zlib],
  ['BSL-1.0', bsl10],
  ['NCSA', ncsa],
  ['PostgreSQL', postgresql],
  ['PSF-2.0', psf20],
  ['Python-2.0', python20],
  ['WTFPL', wtfpl],
  ['MPL-2.0', mpl20],
  ['MPL-1.1', mpl11],
  ['GPL-2.0-only', gpl20Only],
  ['GPL-3.0-only', gpl30Only],
  ['LGPL-2.1-only', lgpl21Only],
  ['LGPL-3.0-only', lgpl30Only],
  ['AGPL-3.0-only', agpl30Only],
  ['EPL-1.0', epl10],
  ['EPL-2.0', epl20],
  ['CDDL-1.0', cddl10],
  ['Artistic-2.0', artistic20],
  ['ZPL-2.1', zpl21],
  ['MS-PL', msPl],
  ['CC0-1.0', cc010],
  ['CC-BY-4.0', ccBy40],
  ['CC-BY-SA-4.0', ccBySa40],
  ['EUPL-1.2', eupl12],
];

export function loadLicenses(): LicenseIndex {
  return indexLicenses(texts.map(([spdxId, { licenseText }]) => ({ spdxId, text: licenseText })));
}
