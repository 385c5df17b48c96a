/**
 * What a process ends with, by what happened: the code of a `CoxswainError`, or a name for what is no error. Numbers
 * never change.
 */
export const EXIT_CODES = {
  usage: 2,
  'unknown-preset': 3,
  'bad-setting': 4,
  'bad-checkpoint': 5,
  'other-configuration': 6,
  'bad-run-folder': 7,
  'folder-busy': 8,
  'disk-full': 9,
  file: 10,
  'no-adapter': 11,
  'out-of-memory': 12,
  'device-lost': 13,
  'launch-failed': 14,
  'not-finite': 15,
  'bad-shape': 16,
  'bad-sweep': 17,
  'sweep-unfinished': 18,
  redis: 19,
  /** The run no longer moved. */
  stalled: 20,
  'bad-toggle': 21,
  /** A world that cannot be made, or gave what no world may give. */
  'bad-world': 22,
  /** No moments of an episode stand out, or a stage of discovery found none. */
  'no-moments': 23,
  'bad-argument': 24,
  'bad-config': 25,
  'bad-family': 26,
  /** Something that cannot be recorded was asked for inside a capture. */
  'bad-capture': 27,
  /** Something without memory was used. */
  disposed: 28,
  'no-gradient': 29,
  /** A tensor was written after the operation whose gradient needs it. */
  changed: 30,
  recorded: 31,
  'no-backward': 32,
  'bad-seed': 33,
  'bad-stream': 34,
  'bad-step': 35,
  'bad-episode': 36,
  'bad-index': 37,
  'too-many-objects': 38,
  'no-reachable-layout': 39,
  'bad-task': 40,
  'bad-action': 41,
  'bad-cell': 42,
  'not-reset': 43,
  /** An expert that cannot keep its horizon. */
  'impossible-episode': 44,
  /** A space of observations or actions that cannot be, or that a model has no head or embedder for. */
  'bad-space': 45,
  /** What a world does not offer was needed. */
  'not-offered': 46,
  /** A file of demonstrations that cannot be read as such. */
  'bad-demonstrations': 47,
  /** Nobody said which worlds, models and systems there are, or none of them makes what is asked for. */
  'not-open': 48,
  /** What is at an address could not be fetched. */
  'no-download': 49,
  /** A body whose numbers are no longer finite. */
  diverged: 50,
  /** A thread that did part of the work has ended. */
  'worker-died': 51,
  /** A model of a body that the physics engine refuses, or an engine that does not load. */
  'bad-model': 52,
  /** What the shell gives a process ended by SIGINT. */
  interrupted: 130,
  /** What the shell gives a process ended by SIGKILL: the system does it where memory runs out. */
  killed: 137,
} as const;

/** Every kind of error there is: one that is not in the table does not compile. */
export type ErrorCode = keyof typeof EXIT_CODES;
