/** Dawn, the WebGPU of Node: the package `webgpu`, which who computes on Node installs beside this one. */
import { NoAdapterError } from '../errors.js';

/** What to do where Dawn is there, but no adapter. */
export const DRIVER =
  'Install a Vulkan driver: `npm run setup` in the repository does it on Debian; by hand, Mesa 24 or newer ' +
  '(package mesa-vulkan-drivers; on Debian 12 from bookworm-backports), or your GPU vendor’s driver.';

const PACKAGE = 'Install it beside this one: `npm install webgpu`, with pnpm `pnpm add --allow-build=webgpu webgpu`.';
const PLATFORM = 'It has Dawn for Linux and Windows on x64 and arm64, and for macOS: run this there, or in a browser.';

/** @throws NoAdapterError that says how to get it, where it is missing or has nothing for this platform. */
export async function loadDawn(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/dawn\.node/.test(message))
      throw new NoAdapterError(`the package \`webgpu\` does not load: ${message}`, PLATFORM, { cause: error });
    throw new NoAdapterError('the package `webgpu` is not installed', PACKAGE, { cause: error });
  }
}
