/** Test-only: steps small enough to be checked in no time. */
import { discovery } from './discovery.js';
import { pretraining } from './pretraining.js';

const config = { ...pretraining.config, width: 16, depth: 3, heads: 2, mlp: 32 };
const sizes = { width: 16, latent: 3, history: 5, embedding: 6, encoder: 7, switch: 9, decoder: 4, rank: 2 };

export const smallPretraining = { config, batch: 4, time: 8 };
export const smallDiscovery = { ...discovery, config, controller: { ...discovery.controller, ...sizes }, batch: 5, time: 7 };
