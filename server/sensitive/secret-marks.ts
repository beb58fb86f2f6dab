// What a text must hold for a rule of secretlint's preset to find anything in it, of the version in package.json. Most texts hold
// no mark of any rule, and then secretlint is not even loaded.

import type { Mark } from '../analysis/find-marks.ts';

/** Named by rule; a rule without any finds nothing in texts that are not a file of its own kind. */
const marks: Readonly<Record<string, readonly (readonly [upTo: string, next?: string])[]>> = {
  aws: [['secret_?access_?k', 'ey']],
  gcp: [],
  privatekey: [['PRIV', 'ATE KEY']],
  npm: [['npm_', '\\w{36}']],
  basicauth: [['(?:https?|ftps?):', '\\/\\/[-\\w]{1,256}:[-\\w]{1,256}@']],
  slack: [['xox[bpaor]-'], ['xapp-'], ['hooks\\.', 'slack\\.com']],
  sendgrid: [['SG\\.', '[\\w.-]{66}']],
  shopify: [['shp(?:pa|ca|at|ss)_']],
  stripe: [['[sr]k_(?:live|test)_']],
  github: [['gh[pousr]_'], ['github_pat_']],
  gitlab: [['glpat-']],
  grafana: [['glc_'], ['glsa_']],
  openai: [['T3Blbk', 'FJ']],
  anthropic: [['sk-ant-']],
  groq: [['gsk_']],
  huggingface: [['hf_', '[a-z]{34}']],
  linear: [['lin_api_']],
  notion: [['ntn_']],
  '1password': [['ops_', 'ey']],
  'database-connection-string': [['(?:mongodb(?:\\+srv)?|mysqlx?|postgres(?:ql)?):', '\\/\\/']],
  'hashicorp-vault': [['hv[sbr]\\.', '[\\w-]{90}']],
  vercel: [['vc[piark]_']],
  databricks: [['dap', 'i[0-9a-f]{32}']],
  docker: [['dckr_pat_']],
  figma: [['figd_']],
  cloudflare: [['cf(?:k|ut|at)_']],
  tailscale: [['tskey-']],
};

export const secretRules: readonly string[] = Object.keys(marks);

export const secretMarks: readonly Mark[] = secretRules.flatMap((name) =>
  marks[name]!.map(([upTo, next]) => ({ name, upTo, ...(next !== undefined && { next }) })),
);
