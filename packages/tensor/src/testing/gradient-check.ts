/** Test-only name of what is public. */
export * from '../gradient-check.js';
