import { freemem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { Opening } from '@coxswain/envs';
import { antWorld } from '../definition.js';
import { AntError } from '../errors.js';
import { ThreadPhysics } from './threads.js';

/** What one world takes: its state, what it shows, and what goes in and out of a step. */
const WORLD_BYTES = 4096;

/** @throws AntError `out-of-memory` where there is no room for so many worlds. */
function admit({ environments }: Opening): void {
  const { heap_size_limit, used_heap_size } = getHeapStatistics();
  const room = Math.min(freemem(), heap_size_limit - used_heap_size);
  if (environments * WORLD_BYTES <= room) return;
  const most = Math.floor(room / WORLD_BYTES);
  throw new AntError(
    'out-of-memory',
    `${environments} worlds of ${WORLD_BYTES} bytes`,
    `at most ${most} worlds in the ${Math.floor(room / 2 ** 20)} MiB there are`,
    'play fewer at once',
  );
}

const physics = new ThreadPhysics();

/** The ant over as many threads as the machine runs at once, shared by all worlds of the process. */
export const antPinpad = antWorld(physics, { admit, threads: physics.threads });
