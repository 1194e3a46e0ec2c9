// Short ways to write the panels that occur again and again.

import type { Panel } from './board.ts';
import type { Query } from './query.ts';
import type { Text } from './text.ts';

type Given = Partial<Panel> & { /** Values below 0 too. */ isSigned?: boolean } & {
  title: Text;
  description: Text;
  unit: string;
  queries: readonly Query[];
};

/** A graph over half the width. */
export const graph = ({ isSigned, ...panel }: Given): Panel => ({
  kind: 'timeseries',
  width: 12,
  height: 8,
  target: 'host',
  ...(isSigned ? {} : { min: 0 }),
  ...panel,
});

export const stat = (panel: Given): Panel => ({
  kind: 'stat',
  width: 4,
  height: 4,
  target: 'host',
  ...panel,
});

export const timeline = (panel: Given): Panel => ({
  kind: 'timeline',
  width: 24,
  height: 8,
  target: 'host',
  ...panel,
});

export const table = (panel: Given): Panel => ({
  kind: 'table',
  width: 24,
  height: 8,
  target: 'host',
  ...panel,
});
