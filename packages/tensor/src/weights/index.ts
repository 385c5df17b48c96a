/** Weights of trained models: where they come from, what their tensors are called, and what is loaded of them. */
export * from './download.js';
export * from './load.js';
export { type NamedWeights, type Place, type Renames, renamed, transposed } from './rename.js';
