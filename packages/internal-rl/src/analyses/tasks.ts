/** Steps allowed for each colour of a task that analyses make up. */
export const STEPS_PER_COLOUR = 12;
