// What a log-probability means in draws: the same words in reports, views and hovers.

/** How many draws make it as likely as not that the text is among them; infinity for one that is never drawn. */
export const evenOdds = (logp: number): number => {
  if (logp === -Infinity) return Infinity;
  const n = Math.log(0.5) / Math.log1p(-Math.min(1, Math.exp(logp)));
  return Math.max(1, Math.ceil(n));
};
