export * from './autograd.js';
export { type Launch, planSlots, Program } from './capture.js';
export { type Counters, Device } from './device.js';
export * from './errors.js';
export * from './parameters.js';
export { roundedSize } from './pool.js';
export * from './safetensors.js';
export { Scope } from './scope.js';
export * from './tensor.js';
