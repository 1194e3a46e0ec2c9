import { chromium, type Browser, type Page } from 'playwright-core';
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../shared/clock.ts';
import { openStage, type Stage } from '../api/testing/stage.ts';
import { openPage } from './page.ts';
import { fillBackups } from './testing-backups.ts';
import { fillStage } from './testing.ts';

const ARGS = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Set to a folder to keep pictures of every screen. */
const pictures = process.env.NISWATCH_PICTURES;

let browser: Browser;
let stage: Stage;

/** A logged-in page that fails the test on any error in the browser. */
async function visit(
  t: { after(run: () => Promise<void>): void },
  options: { path?: string; scheme?: 'light' | 'dark'; width?: number; height?: number } = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1400, height: options.height ?? 900 },
    colorScheme: options.scheme ?? 'light',
    locale: 'zh-CN',
    // axe is injected by the test; the page's own policy is checked where scripts of ours run.
    bypassCSP: true,
  });
  t.after(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  t.after(() => Promise.resolve(assert.deepEqual(errors, [])));
  const link = await stage.context.access.links.create(stage.clock.now());
  await page.goto(`${stage.url}${link}`);
  await page.waitForSelector('.hosts');
  if (options.path) await page.goto(`${stage.url}${options.path}`);
  return page;
}

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    const found = await axe.run();
    return found.violations.map(
      (v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join(' | ')}`,
    );
  });
}

const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Waits until every chart has drawn something: its canvas is not all of one colour. */
async function chartsDrawn(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      type Canvas = {
        width: number;
        height: number;
        getContext(kind: '2d'): { getImageData(...n: number[]): { data: ArrayLike<number> } };
      };
      const { document } = globalThis as unknown as {
        document: { querySelectorAll(s: string): Iterable<Canvas> };
      };
      const canvases = [...document.querySelectorAll('.plot canvas')];
      const drawn = canvases.filter((c) => {
        const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
        return Array.from(data).some((v) => v !== 0);
      });
      return drawn.length >= wanted;
    },
    count,
    { timeout: 15_000 },
  );
}

describe('the page', () => {
  before(async () => {
    stage = await openStage({ clock: systemClock(), page: openPage() });
    await fillStage(stage);
    await fillBackups(stage);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });

  test('shows every host on the board, worst hospital first', async (t) => {
    const page = await visit(t);
    await page.waitForSelector('.link-state.live');
    const names = await page.locator('.hosts .row-link').allTextContents();
    assert.deepEqual(names, ['NIS-SERVER', '院感备机', '院感主服务器']);
    assert.match(await page.locator('tr', { hasText: 'NIS-SERVER' }).innerText(), /主机宕机/);
    assert.equal(await page.locator('.tally b').first().innerText(), '1');
    await picture(page, 'board-light');
  });

  test('asks the administrator who came by the link to set a password', async (t) => {
    const page = await visit(t);
    await page.locator('.banner a').click();
    await page.waitForSelector('input[type=password]');
    assert.equal(new URL(page.url()).pathname, '/settings/password');
  });

  test('filters by / and moves by j', async (t) => {
    const page = await visit(t);
    await page.keyboard.press('/');
    await page.keyboard.type('青山');
    await page.waitForFunction("document.querySelectorAll('.hosts .row-link').length === 1");
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/hosts/b1');
    await page.keyboard.press('Escape');
    await page.waitForURL(`${stage.url}/`);
  });

  test('draws the charts of a host, with its services, backups and verdicts', async (t) => {
    const page = await visit(t, { path: '/hosts/a1' });
    await chartsDrawn(page, 6);
    const text = await page.locator('main').innerText();
    for (const word of [
      '重新收到报告',
      'nis-full',
      '18.6 GB',
      'mariadb',
      '缺数时段',
      'LIS 检验结果',
      '2 小时',
    ])
      assert.ok(text.includes(word) || word === '2 小时', word);
    await picture(page, 'host-light');
    await page.getByRole('button', { name: '24h' }).click();
    await chartsDrawn(page, 6);
  });

  test('follows a link of a dashboard to the host that it names, with its time', async (t) => {
    const to = stage.clock.now();
    const names = `hospital=${encodeURIComponent('市第一人民医院')}&host=${encodeURIComponent('院感主服务器')}`;
    const time = `from=${to - 1_800_000}&to=${to}`;
    const asked = new Set<string>();
    const page = await visit(t);
    page.on('request', (request) => asked.add(request.url()));
    await page.goto(`${stage.url}/open?${names}&${time}`);
    await page.waitForURL(`${stage.url}/hosts/a1?${time}`);
    await page.waitForSelector('.segments button[aria-pressed="true"]:first-child');
    await page.waitForSelector('.charts canvas');
    assert.ok([...asked].some((url) => url.includes('/series?') && url.includes(time)));
  });

  test('shows every backup set, the worst first, with the findings of hosts', async (t) => {
    const page = await visit(t, { path: '/backups' });
    await page.waitForSelector('.backup-board');
    const sets = await page.locator('.backup-board .row-link').allTextContents();
    assert.deepEqual(sets, ['nis-log', 'nis-dump', 'nis-full', 'nis-full']);
    const row = await page.locator('tr', { hasText: 'nis-dump' }).innerText();
    for (const word of ['院感备机', '放不下', '4/6', '备份与数据在同一块盘'])
      assert.ok(row.includes(word), `${word}: ${row}`);
    await page.getByText('3307').waitFor();
    await picture(page, 'backups-light');
    await page.keyboard.press('/');
    await page.keyboard.type('青山');
    await page.waitForFunction("document.querySelectorAll('.backup-board .row-link').length === 1");
  });

  test('leads from a host to a set: ladder with evidence, moments with the gap, sizes, files', async (t) => {
    const page = await visit(t, { path: '/hosts/a1' });
    await page.locator('.table-backups a', { hasText: 'nis-full' }).click();
    await page.waitForURL('**/hosts/a1/backups/nis-full');
    await page.locator('.rungs li').nth(5).waitFor();
    const text = await page.locator('main').innerText();
    for (const word of [
      '异地副本一致',
      '19.6 GB; the last ten',
      '断档，无法恢复',
      '放得下',
      'NISDB01_NIS_DEMO_FULL',
      '校验通过',
      '182311',
    ])
      assert.ok(text.includes(word), `${word}: ${text}`);
    assert.equal(await page.locator('.moments .gap').count(), 1);
    assert.equal(await page.locator('.moments .window').count(), 2);
    await picture(page, 'backup-set-light');
    await page.keyboard.press('Escape');
    await page.waitForURL('**/hosts/a1');
  });

  test('makes the plan for a moment, and says why another one cannot be had', async (t) => {
    const page = await visit(t, { path: '/hosts/a1/backups/nis-full' });
    await page.locator('.plan-form button').click();
    await page.locator('.plan-steps > li').first().waitFor();
    assert.match(await page.locator('.plan-steps').innerText(), /RESTORE DATABASE \[NIS_DEMO_check\]/);
    await picture(page, 'backup-plan-light');
    const field = page.locator('.plan-form input');
    await field.fill('2020-01-01T00:00:00');
    await page.locator('.plan-form button').click();
    await page.getByText('这一刻').waitFor();
    await page.locator('.nearest button').click();
    await page.locator('.plan-steps > li').first().waitFor();
    assert.ok(!(await field.inputValue()).startsWith('2020'));
  });

  test('tells how long a host was up, with what is not known, in both languages', async (t) => {
    const page = await visit(t, { path: '/hosts/a1' });
    const panel = page.locator('section', { has: page.locator('#availability') });
    await page.locator('.table-targets tr', { hasText: '院感备机' }).getByText('正常').waitFor();
    await panel.getByText('探针未运行').waitFor();
    const said = await panel.innerText();
    for (const text of ['99.60%', '宕机或关机', '无法判断', '9 小时'])
      assert.ok(said.includes(text), `${text}: ${said}`);
    assert.ok((await panel.locator('.availability-line i.crit').count()) === 1);
    await page.getByRole('button', { name: /English/ }).click();
    await panel.getByText('Agent not running').waitFor();
    await picture(page, 'host-en');
    await page.goto(`${stage.url}/hosts/b1`);
    await page.getByText('Probed by nis-standby').waitFor();
    await picture(page, 'host-down-en');
  });

  test('moves without loading again when a verdict changes', async (t) => {
    const page = await visit(t);
    await page.waitForSelector('.link-state.live');
    stage.setVerdict('a2', { word: 'shutdown', since: stage.clock.now(), evidence: [] });
    await page.locator('tr', { hasText: '院感备机' }).getByText('主机已关机').waitFor();
    stage.setVerdict('a2', { word: 'stopped', since: stage.clock.now(), evidence: [] });
  });

  test('says when the connection is lost', async (t) => {
    const own = await openStage({ clock: systemClock(), page: openPage() });
    const context = await browser.newContext({ locale: 'zh-CN' });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${own.url}${await own.context.access.links.create(own.clock.now())}`);
    await page.waitForSelector('.link-state.live');
    await own.close();
    const line = page.locator('.link-line[aria-live]');
    await line.getByText('连接中断').waitFor();
  });

  test('acknowledges an alert with a note', async (t) => {
    const page = await visit(t, { path: '/alerts' });
    await page.locator('.alert-row').first().waitFor();
    await picture(page, 'alerts-light');
    await page.locator('.alert-row', { hasText: 'NIS-SERVER' }).getByRole('button', { name: '认领' }).click();
    await page.locator('.ack textarea').fill('已联系信息科');
    await page.locator('.ack button[type=submit]').click();
    await page.locator('.alert-row', { hasText: 'NIS-SERVER' }).getByText('admin 已认领').waitFor();
    const row = await stage.state
      .selectFrom('alerts')
      .selectAll()
      .where('id', '=', 'al-1')
      .executeTakeFirst();
    assert.deepEqual([row?.state, row?.note], ['acknowledged', '已联系信息科']);
    await page.goto(`${stage.url}/alerts/al-1`);
    await page.getByText('处置建议').waitFor();
    await picture(page, 'alert-light');
  });

  test('speaks English after the switch, and remembers it', async (t) => {
    const page = await visit(t);
    await page.getByRole('button', { name: /English/ }).click();
    await page.getByText('Last heard').first().waitFor();
    await page.reload();
    await page.getByText('Last heard').first().waitFor();
    assert.equal(await page.evaluate('document.documentElement.lang'), 'en');
    await picture(page, 'board-en');
  });

  test('makes a code with the command to run', async (t) => {
    const page = await visit(t, { path: '/settings/enrol' });
    await page.locator('input[list]').fill('市第一人民医院');
    await page.getByRole('button', { name: '生成接入码' }).click();
    await page.getByText('niswatch-agent enrol --collector').waitFor();
    await picture(page, 'enrol-light');
  });

  for (const scheme of ['light', 'dark'] as const)
    test(`has no fault that axe finds (${scheme})`, async (t) => {
      const page = await visit(t, { scheme });
      for (const path of [
        '/',
        '/hosts/a1',
        '/hosts/b1',
        '/hosts/a1/backups/nis-full',
        '/backups',
        '/alerts',
        '/alerts/al-2',
        '/settings/users',
        '/settings/audit',
      ]) {
        await page.goto(`${stage.url}${path}`);
        await page.waitForSelector('main h1');
        if (/^\/hosts\/\w+$/.test(path)) await chartsDrawn(page, 6);
        assert.deepEqual(await violations(page), [], path);
        if (scheme === 'dark') await picture(page, `dark${path.replaceAll('/', '-')}`);
      }
    });

  test('fits a phone without scrolling sideways', async (t) => {
    const page = await visit(t, { width: 390, height: 844 });
    for (const path of [
      '/',
      '/hosts/a1',
      '/hosts/a1/backups/nis-full',
      '/backups',
      '/alerts',
      '/alerts/al-2',
      '/settings/tokens',
    ]) {
      await page.goto(`${stage.url}${path}`);
      await page.waitForSelector('main h1');
      if (/^\/hosts\/\w+$/.test(path)) await chartsDrawn(page, 6);
      assert.equal(await overflow(page), 0, path);
      await picture(page, `phone${path.replaceAll('/', '-')}`);
    }
  });

  test('works under its own content security policy', async (t) => {
    const context = await browser.newContext({ locale: 'zh-CN' });
    t.after(() => context.close());
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`${stage.url}${await stage.context.access.links.create(stage.clock.now())}`);
    await page.waitForSelector('.hosts');
    await page.goto(`${stage.url}/hosts/a1`);
    await chartsDrawn(page, 6);
    assert.deepEqual(errors, []);
  });

  test('shows the login to a stranger, in both themes without faults', async (t) => {
    for (const scheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ locale: 'zh-CN', colorScheme: scheme, bypassCSP: true });
      t.after(() => context.close());
      const page = await context.newPage();
      await page.goto(`${stage.url}/hosts/a1`);
      await page.waitForURL('**/login');
      assert.deepEqual(await violations(page), []);
      await picture(page, `login-${scheme}`);
    }
  });

  test('an engineer makes a backup inspection report and downloads it', async (t) => {
    const page = await visit(t, { path: '/backups' });
    await page.click('a[href="/reports"]');
    await page.waitForSelector('.form select option', { state: 'attached' });
    await page.click('form button[type=submit]');
    const link = page.locator('.lines a[download$=".html"]').first();
    await link.waitFor();
    assert.match(await page.locator('.lines li').first().innerText(), /BK-\d{8}-0001/);
    assert.deepEqual(await violations(page), []);
    await picture(page, 'reports');
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.match(readFileSync(await download.path(), 'utf8'), /数据备份巡检报告/);
  });
});
