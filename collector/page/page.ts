// The page as files in memory: compiled by tsc alone (no bundler), with preact and uPlot as their packages ship them. Promise:
// every address below /assets/ contains a hash of the whole build, so a browser may keep it for ever and never mixes two
// builds; the content security policy learns the hash of the one inline script, the import map.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NamedError } from '../../shared/errors.ts';
import type { PageFile, PageFiles } from '../api/services.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CLIENT = join(ROOT, 'collector', 'page', 'client');
const BUILDS = join(ROOT, 'build', 'page');
const STYLES = ['app.css', 'host.css', 'backups.css'];
const ENTRY = 'collector/page/client/main.js';
/** What the client takes from outside its folder (types and pure texts). */
const ALSO_SOURCES = ['shared/*.ts', 'collector/api/*shapes.ts', 'collector/liveness/verdict.ts'];

const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

interface Vendor {
  specifier: string;
  path: string;
  read(): Buffer;
}

/** Compiles the client unless these very sources were compiled before; answers the folder. Throws NamedError PAGE_NOT_BUILT.
 * A build appears by one rename under the hash of its sources, so that two processes may build at once. */
export function buildPage(): string {
  const folder = join(BUILDS, sourceHash());
  if (existsSync(folder)) return folder;
  mkdirSync(BUILDS, { recursive: true });
  const draft = mkdtempSync(join(BUILDS, 'draft-'));
  try {
    compile(draft);
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // The other process was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function compile(folder: string): void {
  const tsc = join(ROOT, 'node_modules', '.bin', process.platform === 'win32' ? 'tsc.cmd' : 'tsc');
  const done = spawnSync(tsc, ['-p', CLIENT, '--outDir', folder], { cwd: ROOT, encoding: 'utf8' });
  if (!done.error && done.status === 0) return;
  const why = done.error?.message ?? `${done.stdout}${done.stderr}`.slice(0, 2000);
  throw new NamedError('PAGE_NOT_BUILT', `the page does not compile: ${why}`, { cause: done.error });
}

/** Content, not dates: a fresh clone and a copied folder have dates of their own. */
function sourceHash(): string {
  const hash = createHash('sha256');
  const client = globSync('**/*.{ts,tsx,json}', { cwd: CLIENT }).map((f) => join(CLIENT, f));
  const others = ALSO_SOURCES.flatMap((f) => globSync(f, { cwd: ROOT })).map((f) => join(ROOT, f));
  for (const file of [...client, ...others].sort())
    hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 32);
}

/** Builds when needed and reads everything into memory. */
export function openPage(): PageFiles {
  const folder = buildPage();
  const vendors = listVendors();
  const modules = reachable(folder, ENTRY, [STATIC, DYNAMIC]);
  const atOnce = reachable(folder, ENTRY, [STATIC]);
  const contents = new Map<string, Buffer>(modules.map((path) => [path, readFileSync(join(folder, path))]));
  for (const vendor of vendors) contents.set(vendor.path, vendor.read());
  for (const style of STYLES) {
    contents.set(style, readFileSync(join(CLIENT, style)));
  }
  contents.set('icon.svg', readFileSync(join(CLIENT, 'icon.svg')));
  contents.set('uplot.css', readFileSync(resolvePackage('uplot/dist/uPlot.min.css')));
  const hash = hashOf(contents);
  const importMap = JSON.stringify({
    imports: Object.fromEntries(vendors.map((v) => [v.specifier, `/assets/${hash}/${v.path}`])),
  });
  const files = new Map([...contents].map(([path, body]) => [`${hash}/${path}`, toFile(path, body, true)]));
  return {
    scriptHashes: [`sha256-${createHash('sha256').update(importMap).digest('base64')}`],
    asset: (path) => files.get(path),
    index: toFile(
      'index.html',
      Buffer.from(renderIndex(hash, importMap, [...atOnce, ...vendors.map((vendor) => vendor.path)])),
      false,
    ),
  };
}

function listVendors(): Vendor[] {
  const plain = (specifier: string, file: string, path: string): Vendor => ({
    specifier,
    path: `vendor/${path}`,
    read: () => stripMapLink(readFileSync(resolvePackage(file))),
  });
  return [
    plain('preact', 'preact/dist/preact.module.js', 'preact.js'),
    plain('preact/hooks', 'preact/hooks/dist/hooks.module.js', 'hooks.js'),
    plain('preact/jsx-runtime', 'preact/jsx-runtime/dist/jsxRuntime.module.js', 'jsx-runtime.js'),
    {
      specifier: 'uplot',
      path: 'vendor/uplot.js',
      // uPlot ships minified as a plain script only; one line makes a module of it.
      read: () =>
        Buffer.concat([
          readFileSync(resolvePackage('uplot/dist/uPlot.iife.min.js')),
          Buffer.from('\nexport default uPlot;\n'),
        ]),
    },
  ];
}

function resolvePackage(file: string): string {
  const name = file.split('/', 1)[0] ?? '';
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve(`${name}/package.json`)), file.slice(name.length + 1));
}

function stripMapLink(body: Buffer): Buffer {
  return Buffer.from(body.toString().replace(/\/\/# sourceMappingURL=.*$/m, ''));
}

const STATIC = /^(?:import|export)\b[^'"(]*['"](\.{1,2}\/[^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(['"](\.{1,2}\/[^'"]+)['"]\)/g;

/** The modules that the entry needs, by these imports: tsc also writes files that were imported for their types alone. */
function reachable(folder: string, entry: string, imports: readonly RegExp[]): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const text = readFileSync(join(folder, path), 'utf8');
    for (const form of imports)
      for (const match of text.matchAll(form)) visit(posix.join(posix.dirname(path), match[1] ?? ''));
  };
  visit(entry);
  return [...found];
}

function hashOf(contents: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  for (const [path, body] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(path).update('\0').update(body).update('\0');
  return hash.digest('base64url').slice(0, 16);
}

function toFile(path: string, body: Buffer, immutable: boolean): PageFile {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  const gzip = gzipSync(body, { level: 9 });
  return {
    body,
    gzip: gzip.length < body.length * 0.9 ? gzip : undefined,
    type: TYPES[extension] ?? 'text/html; charset=utf-8',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable,
  };
}

function renderIndex(hash: string, importMap: string, paths: readonly string[]): string {
  const at = (path: string) => `/assets/${hash}/${path}`;
  const preloads = paths
    .filter((path) => path.endsWith('.js'))
    .map((path) => `<link rel="modulepreload" href="${at(path)}">`);
  return [
    '<!doctype html>',
    '<html lang="zh-CN">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>niswatch</title>',
    `<link rel="icon" type="image/svg+xml" href="${at('icon.svg')}">`,
    ...['uplot.css', ...STYLES].map((css) => `<link rel="stylesheet" href="${at(css)}">`),
    `<script type="importmap">${importMap}</script>`,
    ...preloads,
    `<script type="module" src="${at(ENTRY)}"></script>`,
    '</head>',
    '<body><div id="app"></div><noscript>niswatch needs JavaScript. niswatch 需要启用 JavaScript。</noscript></body>',
    '</html>',
    '',
  ].join('\n');
}
