// The option of commands that ask a server for samples.

import { Option } from 'commander';

export const apiKeyOption = () =>
  new Option(
    '--api-key-file <file>',
    'file with the key of a served model; without it the key is in VERBATIM_API_KEY, if anywhere',
  ).helpGroup('Served models:');
