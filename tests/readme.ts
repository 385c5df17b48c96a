/** What a README tells its reader to do: what to install, and programs with what they print. */
import { readFileSync } from 'node:fs';

export interface Snippet {
  readonly text: string;
  /** The comment that it ends with, empty where it prints nothing. */
  readonly prints: string;
  /** Whether it asks for a device of the platform's own WebGPU, which Node and Bun have not. */
  readonly web: boolean;
}

/** Every `ts` and `js` block of a page. */
export function snippetsOf(page: string): Snippet[] {
  return [...readFileSync(page, 'utf8').matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(([, text]) => {
    const [, lines = ''] = /\n((?:\/\/ .*\n)+)$/.exec(text) ?? [];
    return { text, prints: lines.replace(/^\/\/ /gm, '').trim(), web: text.includes("from '@coxswain/tensor/web'") };
  });
}

/** The packages that a README says to install, and those that pnpm is told may run their build scripts. */
export function installOf(page: string, manager: 'npm' | 'pnpm'): { names: string[]; builds: string[] } {
  const text = readFileSync(page, 'utf8');
  const own = manager === 'pnpm' ? /^.*\bpnpm add ([^\n#`]*)/m.exec(text) : undefined;
  const words = (own ?? /^npm install ([^\n#]*)/m.exec(text))?.[1].trim().split(/\s+/) ?? [];
  const flag = '--allow-build=';
  return {
    names: words.filter((word) => !word.startsWith('-')),
    builds: words.filter((word) => word.startsWith(flag)).map((word) => word.slice(flag.length)),
  };
}
