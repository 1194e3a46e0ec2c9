import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage } from '../api/testing/stage.ts';
import { openPage } from './page.ts';

const page = openPage();

function addresses(): string[] {
  const html = page.index.body.toString();
  return [...html.matchAll(/(?:href|src)="\/assets\/([^"]+)"/g)].map((match) => match[1] ?? '');
}

test('every file that the document names is there, and none is larger together than 100 KiB on the wire', () => {
  const paths = addresses();
  assert.ok(paths.length > 20);
  let wire = page.index.gzip?.length ?? page.index.body.length;
  for (const path of new Set(paths)) {
    const file = page.asset(path);
    assert.ok(file, path);
    assert.equal(file.immutable, true);
    wire += (file.gzip ?? file.body).length;
  }
  assert.ok(wire < 100 * 1024, `${wire} bytes`);
});

test('the import map names only files that are there', () => {
  const map = /<script type="importmap">(.*)<\/script>/.exec(page.index.body.toString())?.[1] ?? '';
  const { imports } = JSON.parse(map) as { imports: Record<string, string> };
  assert.deepEqual(Object.keys(imports).sort(), ['preact', 'preact/hooks', 'preact/jsx-runtime', 'uplot']);
  for (const url of Object.values(imports)) assert.ok(page.asset(url.replace('/assets/', '')), url);
});

test('a browser keeps files for ever, asks for the document again, and gets 304 for what it has', async (t) => {
  const stage = await openStage({ page });
  t.after(() => stage.close());
  const path = addresses().find((p) => p.endsWith('main.js')) ?? '';
  const file = await fetch(`${stage.url}/assets/${path}`);
  assert.equal(file.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(file.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.ok((await file.text()).length > 0);
  const etag = file.headers.get('etag') ?? '';
  const again = await fetch(`${stage.url}/assets/${path}`, { headers: { 'if-none-match': etag } });
  assert.equal(again.status, 304);
  const document = await fetch(`${stage.url}/hosts/x`);
  assert.equal(document.headers.get('cache-control'), 'no-cache');
  assert.match(document.headers.get('content-security-policy') ?? '', /script-src 'self' 'sha256-[^']+';/);
});

test('nothing outside of the build can be fetched', async (t) => {
  const stage = await openStage({ page });
  t.after(() => stage.close());
  for (const path of [
    '../package.json',
    '..%2fpackage.json',
    '../collector/main.ts',
    'collector/page/page.ts',
    '',
  ])
    assert.equal((await fetch(`${stage.url}/assets/${path}`)).status, 404, path);
});
