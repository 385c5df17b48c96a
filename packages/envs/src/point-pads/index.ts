export * from './definition.js';
export * from './expert.js';
export * from './settings.js';
