/** What an import adds to a program that esbuild bundles. */
import { build } from 'esbuild';

export interface Import {
  readonly name: string;
  readonly from: string;
  /** kB of 1000 bytes that the page says it stays within. */
  readonly most: number;
}

/** The rows of a page's table of imports. */
export const importsOn = (page: string): Import[] =>
  [...page.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\| +(\d+) kB \|$/gm)].map(([, name, from, most]) => ({ name, from, most: Number(most) }));

/** Bytes of a program that imports this and no more, minified. */
export async function bytesOf({ name, from }: Import, project: string): Promise<number> {
  const contents = `import { ${name} } from '${from}';\nconsole.log(${name});\n`;
  const how = { bundle: true, minify: true, format: 'esm', write: false } as const;
  const { outputFiles } = await build({ stdin: { contents, resolveDir: project }, ...how });
  return outputFiles[0].contents.length;
}
