/** The same where Node's conditions hold: the files lie on the disk, where Node's `fetch` does not look. */
import { fetchFile } from '@coxswain/tensor/node';
import { gridMini as shipped } from './grid-mini.js';
import type { Shipped } from './shipped.js';

export * from './shipped.js';

/** As it is elsewhere, with a `fetch` that reads files. */
export const gridMini: Shipped = {
  ...shipped,
  base: { ...shipped.base, fetch: fetchFile },
  controller: { ...shipped.controller, fetch: fetchFile },
};
