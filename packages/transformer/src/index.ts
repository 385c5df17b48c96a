export type { TransformerConfig } from './attention/config.js';
export { Transformer } from './attention/model.js';
export { type Checkable, requireReadable } from './batch-checks.js';
export type { HawkConfig } from './hawk/config.js';
export { Hawk } from './hawk/model.js';
export * from './initialise.js';
export * from './memory.js';
export * from './pretrain.js';
export * from './sequence-model.js';
