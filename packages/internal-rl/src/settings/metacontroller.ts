/** Settings of what steers, and of the baseline CompILE. */

import { flag, integer, number, section } from '@coxswain/lab';
import { z } from 'zod';

export const metacontrollerSection = section({
  name: 'metacontroller',
  schema: z.object({
    layer: integer('Block after which the residual stream is read and steered, l.', 1, { min: 0 }),
    embedderLayer: integer('Block after which the sequence embedder reads the residual stream; l in the paper.', 2, { min: 0 }),
    code: integer('Size of the latent code, n_z.', 8, { min: 1 }),
    history: integer('Width of the causal history GRU, n_h.', 32, { min: 1 }),
    sequence: integer('Width of the sequence embedder, n_s.', 32, { min: 1 }),
    encoder: integer('Hidden width of the encoder.', 64, { min: 1 }),
    switch: integer('Hidden width of the switch.', 64, { min: 1 }),
    decoder: integer('Hidden width of the hypernetwork.', 32, { min: 1 }),
    rank: integer('Rank of the steering matrix U.', 16, { min: 1 }),
    full: flag('Whether U is a full matrix, linear in the hypernetwork’s hidden units, in place of one of a rank.', false),
    pooled: flag('Whether every step reads the sequence embedder’s final state instead of its state at that step.', true),
    switchBias: number('Bias of the switch at the start; below zero it starts mostly closed.', -2),
  }),
  presets: {
    // A third of the way up, and the embedder a block later, as in grid-mini (docs/notes/discovery.md).
    'grid-small': { layer: 2, embedderLayer: 3 },
    // At the embedding, before any block; what was tried further up is in docs/results/runs/pads-probes.
    'pads-mini': { layer: 0, embedderLayer: 0 },
    'grid-paper': { layer: 3, embedderLayer: 3, pooled: false, switchBias: 0 },
    'ant-paper': { layer: 4, embedderLayer: 4, full: true, pooled: false, switchBias: 0 },
  },
});

export const compileSection = section({
  name: 'compile',
  schema: z.object({
    segments: integer('Most segments of an episode, M.', 4, { min: 2, max: 16 }),
    priorLength: number('Steps after which the prior (Poisson) expects the next boundary.', 4, { min: 0.1 }),
    temperature: number('Temperature of the Gumbel-softmax over boundaries.', 1, { min: 1e-3 }),
    alphaCode: number('Weight α_z of the KL between codes and N(0, I), in place of discover.alpha.', 0.03, { min: 0 }),
    alphaBoundary: number('Weight α_β of the KL between boundaries and their prior.', 0.01, { min: 0 }),
  }),
  presets: { 'grid-paper': { priorLength: 10, alphaCode: 0.1, alphaBoundary: 0.1 } },
});
