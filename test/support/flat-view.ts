// What a view without groups asks for besides its page: all fragments of a study.

export const flatView = { grouping: 'flat', group: null, filter: {}, baseline: null } as const;
