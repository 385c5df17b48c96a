// Runs before a package is packed (`prepack`): builds it and what it needs, so that no tarball is without its dist/.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.mjs';

const { name } = JSON.parse(readFileSync('package.json', 'utf8'));
// Only pnpm writes versions in place of `workspace:*`, and takes the sources out of `exports`.
// biome-ignore lint/suspicious/noUndeclaredEnvVars: set by what packs, and read by no build
if (/^npm\//.test(process.env.npm_config_user_agent ?? '')) {
  console.error(
    `${name}: npm leaves \`workspace:*\` in the manifest, which nobody could install. Pack with pnpm: \`pnpm pack\`, \`pnpm publish\`.`,
  );
  process.exit(1);
}
const turbo = [join(root, 'node_modules/turbo/bin/turbo'), 'run', 'build', `--filter=${name}`, '--output-logs=errors-only'];
// What pnpm prints is read by programs: turbo's words go beside it.
const { status, error } = spawnSync(process.execPath, turbo, {
  cwd: root,
  stdio: ['ignore', 2, 2],
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
});
if (error) throw error;
process.exit(status ?? 1);
