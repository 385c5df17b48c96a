export { ANT_MODEL, FRAME_SKIP, MOTORS, STATE } from './body.js';
export { type AntWorldOptions, antWorld } from './definition.js';
export { AntEngine, loadEngine, type Mujoco } from './engine.js';
export { AntError } from './errors.js';
export { beginEpisodes } from './field.js';
export { GAIT_NUMBERS, type Gait, gaitTorques } from './gait.js';
export { uprightness } from './observation.js';
export type { Physics } from './physics.js';
export { type AntSettings, antSettings } from './settings.js';
