// The ant with its physics on worker threads: what asks for Node, apart from all else of this package.
export { antPinpad } from './node/definition.js';
export { type ThreadOptions, ThreadPhysics } from './node/threads.js';
