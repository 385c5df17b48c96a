export * from './alignment.js';
export * from './compile.js';
export * from './config.js';
export * from './discover.js';
export * from './discovery.js';
export {
  type DiscoveryBatch,
  type MomentView,
  makeInputs,
  showsMoments,
  type View,
  writeInputs,
} from './discovery-inputs.js';
export * from './gate.js';
export * from './load.js';
export * from './metacontroller.js';
export * from './parts.js';
export * from './readout.js';
export * from './steering.js';
export * from './supervised.js';
