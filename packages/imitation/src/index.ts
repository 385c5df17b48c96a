export { pretrainPhase } from './pretrain.js';
export * from './system.js';
