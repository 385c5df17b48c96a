/** Chromium without a window: WebGPU on its own software driver, pages from memory. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { HANGS_MS } from '../limit.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];

/** Why a test that needs it is left out. */
export const NO_CHROMIUM = 'there is no chromium on the PATH (Debian: apt-get install chromium)';

/** Where it is. @throws Error where it is not, and the gate says that tests of it may not be left out. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
  // biome-ignore lint/suspicious/noUndeclaredEnvVars: no build reads it
  if (!found && process.env.COXSWAIN_REQUIRE_CHROMIUM) throw new Error(NO_CHROMIUM);
  return found;
}

/** A program for browsers with all that it imports. */
export async function bundle(entry: Pick<BuildOptions, 'entryPoints' | 'stdin' | 'conditions'>): Promise<string> {
  const how = { bundle: true, format: 'esm', platform: 'browser', target: 'es2022', loader: { '.wgsl': 'text' } } as const;
  const { outputFiles } = await build({ ...entry, ...how, write: false, logLevel: 'error' });
  return outputFiles[0].text;
}

/** Names of paths, `page.js`, and either what is there or the path of a file on the disk. */
export type Served = Readonly<Record<string, string | { readonly path: string }>>;

/**
 * Opens an empty page of a secure origin that finds these files beside it, and closes it after use.
 * @param program the path of Chromium
 */
export async function withPage<T>(program: string, files: Served, use: (page: Page) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({ executablePath: program, args: FLAGS, timeout: HANGS_MS });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(HANGS_MS);
    await page.route('**', (route) => {
      const file = files[new URL(route.request().url()).pathname.slice(1)];
      if (file === undefined) return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
      return route.fulfill(typeof file === 'string' ? { contentType: 'text/javascript', body: file } : file);
    });
    await page.goto('http://localhost/');
    return await use(page);
  } finally {
    await browser.close();
  }
}
