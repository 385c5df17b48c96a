/** What pretraining is timed at for an adapter's model of cost. */
import { ALL_SEEN, LONG_WORLD } from '@coxswain/envs';
import type { Variation } from '@coxswain/lab';

export const PRETRAINING: readonly Variation[] = [
  { change: ['pretrain.batch=32'] },
  { change: ['pretrain.batch=128'] },
  { change: ['pretrain.batch=64', 'model.depth=2'] },
  { change: ['pretrain.batch=64', 'model.depth=8'] },
  { change: ['pretrain.batch=64', 'model.width=32', 'model.mlp=64'] },
  { change: ['pretrain.batch=64', 'model.width=128', 'model.mlp=512'] },
  { change: ['pretrain.batch=16', 'model.width=256', 'model.mlp=512'] },
  { change: ['pretrain.batch=32', ...LONG_WORLD] },
  { change: ['pretrain.batch=32', 'model.width=128', 'model.depth=6', ...LONG_WORLD, ALL_SEEN] },
];
