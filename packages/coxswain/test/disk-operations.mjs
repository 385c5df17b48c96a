/** What a process does to the disk: between two of these a kill leaves the same there whenever it comes. */
export const OPERATIONS = /** @type {const} */ ([
  'openSync',
  'writeSync',
  'fsyncSync',
  'renameSync',
  'mkdirSync',
  'rmSync',
  'linkSync',
  'writeFileSync',
  'ftruncateSync',
]);
