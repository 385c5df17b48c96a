/** Files by their addresses, which Node's `fetch` refuses. */
import { readFile } from 'node:fs/promises';
import type { Fetch } from '../weights/index.js';

/**
 * A `fetch` for whatever loads weights that reads `file:` addresses too; what is at others is fetched.
 * @throws an error of the file system for a file that cannot be read; loaders make a DownloadError of it.
 */
export const fetchFile: Fetch = async (url) => {
  if (!/^file:/i.test(url)) return globalThis.fetch(url);
  const bytes = new Uint8Array(await readFile(new URL(url)));
  return new Response(bytes, { headers: { 'content-length': String(bytes.length) } });
};
