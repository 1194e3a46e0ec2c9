// Asks what a dashboard asks, of anything that answers Prometheus' HTTP API.

import assert from 'node:assert/strict';
import { expandPromql, labelValues } from '../../dashboards/check/expand.ts';
import { type DashboardJson, type Found, queriesOf } from '../../dashboards/check/json.ts';
import type { Board } from '../../dashboards/define/board.ts';
import type { Variant } from '../../dashboards/define/text.ts';
import { renderDashboard } from '../../dashboards/render/dashboard.ts';

export interface Answer {
  status: string;
  error?: string;
  data: {
    resultType: string;
    result: { metric?: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
  };
}

export interface Server {
  /** Up to `/api/v1`. */
  url: string;
  headers: Readonly<Record<string, string>>;
  from: number;
  to: number;
}

const STEP_MS = 60_000;
/** "All" in both lists. */
export const ALL = { hospital: '.*', host: '.*' };

export const queries = (board: Board, variant: Variant): Found[] => [
  ...queriesOf(renderDashboard(board, { variant, language: 'zh' }) as unknown as DashboardJson),
];

export const asked = ({ from, to }: Server) => ({ from, to, stepMs: STEP_MS, variables: ALL });

export async function ask(server: Server, path: string, form: Record<string, string>): Promise<Answer> {
  const answer = await fetch(`${server.url}/api/v1/${path}`, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const body = (await answer.json()) as Answer;
  assert.equal(body.status, 'success', `${form.query}: ${body.error}`);
  return body;
}

export const askNow = (server: Server, query: string): Promise<Answer> =>
  ask(server, 'query', { query, time: String(server.to / 1000) });

export const askRange = (server: Server, query: string): Promise<Answer> => {
  const [start, end, step] = [server.from, server.to, STEP_MS].map((ms) => String(ms / 1000));
  return ask(server, 'query_range', { query, start: start ?? '', end: end ?? '', step: step ?? '' });
};

/** How many finite values a query of a dashboard gives. */
export async function countAnswers(server: Server, { text, use }: Found): Promise<number> {
  const query = expandPromql(text, asked(server));
  if (use === 'variable') return (await askValues(server, query)).length;
  const { data } = await (use === 'now' ? askNow(server, query) : askRange(server, query));
  const values = data.result.flatMap((s) => s.values ?? (s.value ? [s.value] : []));
  return values.filter(([, value]) => Number.isFinite(Number(value))).length;
}

async function askValues({ url, headers, from, to }: Server, query: string): Promise<string[]> {
  const { metric, label } = labelValues(query) ?? assert.fail(query);
  const at = `start=${from / 1000}&end=${to / 1000}&match[]=${encodeURIComponent(metric)}`;
  const answer = await fetch(`${url}/api/v1/label/${label}/values?${at}`, { headers });
  return ((await answer.json()) as { data: string[] }).data;
}

/** Queries of a board that get nothing. */
export async function unanswered(server: Server, board: Board): Promise<string[]> {
  const empty: string[] = [];
  for (const found of queries(board, 'promql'))
    if ((await countAnswers(server, found)) === 0) empty.push(`${found.where}: ${found.text}`);
  return empty;
}
