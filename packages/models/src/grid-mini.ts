/** The models of `grid-mini`. Their settings stand here as in their `config.json`: no runtime needs to read it. */
import { configureWorld, gridworldPinpad, type WorldSettings } from '@coxswain/envs';
import { metacontrollerConfig } from '@coxswain/metacontroller';
import { type ModelSettings, transformer } from '@coxswain/transformer';
import type { Shipped } from './shipped.js';

/** `config.world` of the runs that trained them. */
const world = {
  size: 4,
  colours: 4,
  walls: 1,
  observation: 'egocentric',
  tasks: ['032', '103', '210', '321', '020', '021', '031', '102', '131', '132', '202', '203', '213', '310', '313', '320'],
  horizon: 24,
} as const satisfies WorldSettings;

/** `config.model`. */
const model = {
  width: 64,
  depth: 4,
  heads: 4,
  mlp: 256,
  buckets: 32,
  maxDistance: 128,
  init: 'small-output',
  outputStd: 0.02,
  embeddingStd: 0.3,
  varianceScale: 1,
} as const satisfies ModelSettings;

/** `config.metacontroller`. */
const metacontroller = {
  layer: 1,
  embedderLayer: 2,
  code: 8,
  history: 32,
  sequence: 32,
  encoder: 64,
  switch: 64,
  decoder: 32,
  rank: 16,
  pooled: true,
  switchBias: -2,
} as const;

const configured = configureWorld([gridworldPinpad], world);

/**
 * A sequence model of the smallest grid world, and the metacontroller that was found on it. Each has what its loader
 * asks for: `loadModel(device, gridMini.base)`, `loadMetacontroller(device, gridMini.controller)`.
 */
export const gridMini: Shipped = {
  world: configured,
  horizon: world.horizon,
  base: {
    kinds: [transformer],
    config: model,
    spaces: configured.spaces,
    // Bundlers look for this expression as it stands, to take the file along.
    url: new URL('../grid-mini/base/model.safetensors', import.meta.url).href,
  },
  controller: {
    config: metacontrollerConfig(metacontroller, model.width),
    layer: metacontroller.layer,
    embedderLayer: metacontroller.embedderLayer,
    url: new URL('../grid-mini/controller/model.safetensors', import.meta.url).href,
  },
};
