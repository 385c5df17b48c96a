/** The sweep files of the repository name commands, options and settings that exist. */

import fs from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '@coxswain/lab';
import { NoAdapterError } from '@coxswain/tensor';
import { expect, it } from 'vitest';
import { main } from '../src/command/main.js';
import { PHASES } from '../src/lists.js';

const folder = join(import.meta.dirname, '../../../sweeps');

it.each(fs.readdirSync(folder))('%s can be planned, without an adapter too', async (name) => {
  let out = '';
  let err = '';
  const machine: Machine = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signals: process,
    now: () => 0,
    openDevice: () => Promise.reject(new NoAdapterError('none', 'None is needed.')),
    program: [],
  };
  expect(await main(['sweep', join(folder, name), '--dry'], PHASES, machine), err).toBe(0);
  expect(out).toMatch(/(finished|missing) {2}\S+ {2}coxswain /);
});
