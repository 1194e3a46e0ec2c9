// Count and sum of every series as the engines themselves tell them, as `HOST METRIC COUNT SUM`, sorted.

import type { EngineServer } from '../support/engines.ts';

export async function countVictoria({ url }: EngineServer): Promise<string[]> {
  const ask = async (what: string): Promise<Map<string, number>> => {
    const query = `${what}({host_id=~".+"}[3d]) keep_metric_names`;
    const answer = await fetch(`${url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query }),
    });
    const { data } = (await answer.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return new Map(
      data.result.map(({ metric, value }) => [`${metric.host_id} ${metric.__name__}`, Number(value[1])]),
    );
  };
  const [counts, sums] = [await ask('count_over_time'), await ask('sum_over_time')];
  return [...counts].map(([series, n]) => `${series} ${n} ${sums.get(series)}`).sort();
}

export async function countInflux({ url }: EngineServer): Promise<string[]> {
  const ask = async (what: string): Promise<Map<string, number>> => {
    const q = `SELECT ${what}(/.*/) FROM /.*/ GROUP BY host_id`;
    const answer = await fetch(`${url}/query`, {
      method: 'POST',
      body: new URLSearchParams({ db: 'db', q }),
    });
    const { results } = (await answer.json()) as {
      results: {
        series?: { name: string; tags: { host_id: string }; columns: string[]; values: number[][] }[];
      }[];
    };
    const found = (results[0]?.series ?? []).flatMap(({ name, tags, columns, values }) =>
      columns
        .slice(1)
        .map((column, c): [string, number] => [
          `${tags.host_id} ${name}_${column.replace(`${what}_`, '')}`,
          values[0]?.[c + 1] ?? Number.NaN,
        ]),
    );
    // Every column of every measurement is listed, though most are not its own.
    return new Map(found.filter(([, value]) => !Number.isNaN(value)));
  };
  const [counts, sums] = [await ask('count'), await ask('sum')];
  return [...counts].map(([series, n]) => `${series} ${n} ${sums.get(series)}`).sort();
}
