/** What `coxswain sweep` is, for the list of commands. */
export const SWEEP_ABOUT = 'Do what is missing of many runs: seeds × settings from a file.';
