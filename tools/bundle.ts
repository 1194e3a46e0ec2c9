// Agent and collector as few files each, for loops that start them thousands of times: the collector spends two thirds of its
// start on the search for 1,700 modules. The code is the one that runs otherwise; where each module lies on the disk is written
// into it, so that threads, templates and fonts are found at their places.

import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Loader, type Plugin } from 'esbuild';
import { buildAgent } from './build.ts';

const root = join(import.meta.dirname, '..');
/** They load a file of machine code that lies beside them. */
const NATIVE = ['@myriaddreamin/*', '@resvg/*', 'pg-native'];
/** For the packages that are CommonJS and ask for Node's own modules. */
const REQUIRE = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`;

const whereItLay: Plugin = {
  name: 'where it lay',
  setup({ onLoad }) {
    onLoad({ filter: /\.(ts|js)$/ }, async ({ path }) => {
      if (path.includes('node_modules')) return undefined;
      const places = { dirname: dirname(path), filename: path, url: pathToFileURL(path).href };
      let contents = await readFile(path, 'utf8');
      for (const [word, place] of Object.entries(places)) {
        contents = contents.replaceAll(`import.meta.${word}`, JSON.stringify(place));
      }
      return { contents, loader: extname(path).slice(1) as Loader };
    });
  },
};

async function bundle(main: string, name: string): Promise<string> {
  const outdir = join(root, 'build', 'bundle', name);
  await build({
    entryPoints: { main },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: `node${process.versions.node}`,
    // It is read at every start.
    minifyWhitespace: true,
    external: NATIVE,
    banner: { js: REQUIRE },
    plugins: [whereItLay],
    logLevel: 'error',
  });
  return join(outdir, 'main.js');
}

/** Builds it anew and answers the path of its main file. Throws with esbuild's words. */
export const bundleCollector = (): Promise<string> => bundle(join(root, 'collector', 'main.ts'), 'collector');

/** From what `buildAgent` compiles, so that its child processes need no stripping of types either. */
export const bundleAgent = (): Promise<string> => bundle(buildAgent(), 'agent');
