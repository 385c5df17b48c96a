/** Independent streams of one seed, so that drawing more of one thing never moves another. */
export const WORLD_STREAM = { layout: 0, task: 1, expert: 2, batch: 3, symmetry: 4, partner: 5, moment: 6, begin: 7, step: 8 } as const;
