// Shares as people read them, the same as in the dashboard and the reports.

/** "92.6 %" */
export const percentText = (share: number): string => `${(100 * share).toFixed(1)} %`;
