/** Bytes from an address, in a browser, Node, Bun and Deno alike: by `fetch`, and so without a file system. */
import { CoxswainError } from '@coxswain/base';
import { ArgumentError } from '../errors.js';

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes in all; absent where the server does not say, or sends them compressed. */
  readonly total?: number;
}

/** What is read of a `Response`. */
export interface FetchedResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
      cancel(reason?: unknown): Promise<void>;
    };
  } | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** `fetch`, or what stands in for it: to send a header, to keep a cache, to stop a download, to read files. */
export type Fetch = (url: string) => Promise<FetchedResponse>;

export interface Download {
  /** Absolute, or in a browser relative to the page: whatever `fetch` reads, `https:`, `http:`, `data:`, `blob:`. */
  readonly url: string | { readonly href: string };
  /** Called before the first byte and after each piece. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** The runtime's own when absent. Node's reads no `file:`; `fetchFile` of `@coxswain/tensor/node` does. */
  readonly fetch?: Fetch | undefined;
}

/** What is at an address could not be had. */
export class DownloadError extends CoxswainError {
  override name = 'DownloadError';

  constructor(url: string, value: string, remedy: string, options?: ErrorOptions) {
    const expected = 'a file that can be fetched';
    super(`${url}: ${value}, expected ${expected}. ${remedy}`, { code: 'no-download', value, expected, remedy }, options);
  }
}

/** An address as errors name it: the data of a `data:` address is left out. */
export const addressOf = (url: Download['url']): string => {
  const text = typeof url === 'string' ? url : url.href;
  return text.startsWith('data:') ? `${text.slice(0, Math.min(text.indexOf(',') + 1 || 40, 40))}…` : text;
};

const SCHEME = /^([a-z][a-z\d+.-]*):/i;

/** What can be done about an address that `fetch` refuses outright. */
function remedyFor(url: string): string {
  const scheme = SCHEME.exec(url)?.[1].toLowerCase();
  if (scheme === undefined) return 'Give an absolute address where no page says what it is relative to';
  if (scheme === 'file')
    return 'Look whether it is there. Node fetches no files: give `fetchFile` of @coxswain/tensor/node as `fetch`, or its bytes as `weights`';
  return 'Look whether the server runs, is reached from here and, for a page of another origin, allows it (CORS)';
}

/** Bytes that a response says it has; nothing where they would be those of its compressed form. */
function totalOf({ headers }: FetchedResponse): number | undefined {
  const length = headers.get('content-length');
  if (length === null || !/^\d+$/.test(length) || (headers.get('content-encoding') ?? 'identity') !== 'identity') return undefined;
  return Number(length);
}

/** Pieces of a download as one array. */
function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The body of a response, a piece at a time. @param tell is told the bytes so far. */
async function bodyOf(response: FetchedResponse, tell: (loaded: number) => void): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    tell(bytes.length);
    return bytes;
  }
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  try {
    tell(loaded);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return joined(pieces, loaded);
      if (!value) continue;
      pieces.push(value);
      loaded += value.length;
      tell(loaded);
    }
  } catch (error) {
    // Who listens may throw to stop it: the rest is not to come either.
    await reader.cancel(error).catch(() => {});
    throw error;
  }
}

/**
 * Fetches a whole file. What `onProgress` throws ends the download and is thrown on.
 * @throws DownloadError naming the address, and the status or the reason; ArgumentError for no address.
 */
export async function downloadBytes({ url, onProgress, fetch = globalThis.fetch as Fetch }: Download): Promise<Uint8Array> {
  const address = typeof url === 'string' ? url : url?.href;
  if (typeof address !== 'string' || address === '') throw new ArgumentError('download', `the url ${String(url)}`, 'an address');
  const named = addressOf(address);
  const failed = (error: unknown, remedy: string): DownloadError => {
    const { message = String(error), cause } = error as Partial<Error>;
    const reason = cause instanceof Error && cause.message ? `${message} (${cause.message})` : message;
    return new DownloadError(named, reason, remedy, { cause: error });
  };
  let response: FetchedResponse;
  try {
    response = await fetch(address);
  } catch (error) {
    throw failed(error, remedyFor(address));
  }
  const { ok, status, statusText } = response;
  if (!ok) throw new DownloadError(named, `status ${`${status} ${statusText}`.trim()}`, 'Look whether the address is right');
  const total = totalOf(response);
  let fromListener: unknown;
  const tell = (loaded: number): void => {
    try {
      onProgress?.({ loaded, ...(total !== undefined && { total }) });
    } catch (error) {
      fromListener = error;
      throw error;
    }
  };
  let bytes: Uint8Array;
  try {
    bytes = await bodyOf(response, tell);
  } catch (error) {
    if (error === fromListener) throw error;
    throw failed(error, 'Fetch it again: the connection broke off');
  }
  if (total !== undefined && bytes.length !== total)
    throw new DownloadError(named, `${bytes.length} of ${total} bytes`, 'Fetch it again: the connection broke off');
  return bytes;
}
