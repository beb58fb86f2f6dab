// For messages of VS Code: notifications, dialogs and their progress, where `[title](command:…)` becomes a link that
// runs the command. None of our own messages holds a link, so all of every message is encoded.

import type { Encodable } from './foreign.ts';
import { shorten } from './shorten.ts';
import { visible } from './visible.ts';

/** VS Code cuts messages here, too. */
const LIMIT = 1000;

/** A link's syntax is broken by a space, so that everything is still there to read. */
export const forNotification = (text: Encodable): string =>
  shorten(visible(text).replaceAll('](', '] (').replaceAll('$(', '$ ('), LIMIT);
