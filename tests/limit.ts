/**
 * The only limit of tests and hooks, in ms. It ends what hangs, and is no measure of speed: the slowest test takes
 * about a minute on two cores, so that a machine a hundred times slower passes too.
 */
export const HANGS_MS = 2 * 60 * 60 * 1000;
