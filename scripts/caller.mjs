import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The folder that relative paths on the command line mean: npm runs scripts beside package.json, and tells where it was
 * called.
 */
export function callersFolder() {
  const { INIT_CWD: called, npm_package_json: manifest } = process.env;
  if (!called || !manifest) return process.cwd();
  return realpathSync(dirname(manifest)) === realpathSync(process.cwd()) ? called : process.cwd();
}
