// `npm run bench -- report`: what a backup inspection report costs after its data is gathered: a made-up hospital of three servers and five
// sets, cold (first of the process) and warm (median of 7), in processor time and on the clock.

import { renderDocument } from '../../collector/document/render.ts';
import { inspectionDocument } from '../../collector/reports/backup-inspection/inspection-document.ts';
import { wideInput } from '../../collector/reports/backup-inspection/testing.ts';
import type { Figures } from './bench.ts';

export const about =
  'a backup inspection report: {cold_ms, warm_ms, warm_cpu_ms, docx_ms, html_ms, pages, bytes, docx_bytes, html_bytes}';

type Format = 'pdf' | 'docx' | 'html';

async function timed(format: Format): Promise<{ ms: number; cpuMs: number; file: Buffer }> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const file = await renderDocument(inspectionDocument(wideInput()), format);
  const used = process.cpuUsage(cpu);
  return { ms: performance.now() - start, cpuMs: (used.user + used.system) / 1000, file };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export async function bench(): Promise<Figures> {
  const cold = await timed('pdf');
  const warm = [];
  for (let i = 0; i < 7; i++) warm.push(await timed('pdf'));
  await timed('docx');
  const [docx, html] = [await timed('docx'), await timed('html')];
  const pages = [...cold.file.toString('latin1').matchAll(/\/Type \/Page\b/g)].length;
  return {
    cold_ms: cold.ms,
    warm_ms: median(warm.map((w) => w.ms)),
    warm_cpu_ms: median(warm.map((w) => w.cpuMs)),
    docx_ms: docx.ms,
    html_ms: html.ms,
    pages,
    bytes: cold.file.length,
    docx_bytes: docx.file.length,
    html_bytes: html.file.length,
  };
}
