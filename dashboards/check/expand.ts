// Grafana's macros and our variables replaced, as Grafana does before it asks.

export interface Asked {
  from: number;
  to: number;
  stepMs: number;
  variables: Readonly<Record<string, string>>;
}

const MIN_INTERVAL_MS = 15_000;

const seconds = (ms: number): string => `${Math.round(ms / 1000)}s`;

export function expandPromql(text: string, { from, to, stepMs, variables }: Asked): string {
  const rate = Math.max(stepMs + MIN_INTERVAL_MS, 4 * MIN_INTERVAL_MS);
  return expandVariables(
    text
      .replaceAll('$__rate_interval', seconds(rate))
      .replaceAll('$__interval', seconds(stepMs))
      .replaceAll('$__range', seconds(to - from)),
    variables,
  );
}

export function expandInfluxql(text: string, { from, to, stepMs, variables }: Asked): string {
  return expandVariables(
    text
      .replaceAll('$timeFilter', `time >= ${from}ms and time <= ${to}ms`)
      .replaceAll('now()', `${to}ms`)
      .replaceAll('$__interval', seconds(stepMs)),
    variables,
  );
}

const expandVariables = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{?(\w+)\}?/g, (whole, name: string) => variables[name] ?? whole);

/** What `label_values(metric, label)` asks. */
export function labelValues(text: string): { metric: string; label: string } | undefined {
  const match = /^label_values\((.+),\s*(\w+)\)$/s.exec(text);
  return match?.[1] && match[2] ? { metric: match[1], label: match[2] } : undefined;
}
