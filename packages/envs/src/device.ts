// Worlds whose steps are launches: what asks for a device, apart from all else of this package.
export * from './device/world.js';
export * from './gridworld-pinpad/device/definition.js';
export * from './gridworld-pinpad/device/pinpad.js';
