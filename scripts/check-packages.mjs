// Builds and packs every package and holds the tarball against publint (does what package.json names exist, is it ESM
// throughout) and arethetypeswrong (does a stranger's compiler find the types that go with the code).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { buildAll, pack, packages, root, run } from './packages.mjs';

buildAll();
const folder = mkdtempSync(join(tmpdir(), 'coxswain-packages-'));
let failed = false;
for (const built of packages()) {
  const file = pack(built, folder);
  const bytes = readFileSync(file);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  const complaints = messages.map((message) => formatMessage(message, pkg) ?? message.code);
  try {
    run(
      process.execPath,
      [join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'), '--profile', 'esm-only', '--no-emoji', file],
      root,
    );
  } catch (error) {
    complaints.push(String(error));
  }
  failed ||= complaints.length > 0;
  console.log(`${built.name}: ${complaints.length ? complaints.join('\n  ') : `${bytes.length} bytes packed, no complaints`}`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
