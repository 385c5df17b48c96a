export type { HawkConfig } from './config.js';
export { Hawk } from './model.js';
export { hawk } from './settings.js';
