// What reports of witnesses say, as inputs of the liveness machine: which host of the same hospital each `witness_answer` is about.
// Promise: a witness speaks of hosts of its own hospital only, and never of itself; a report without such values costs one look-up.

import { parseSeriesKey } from '../../shared/catalogue.ts';
import type { StoredReport } from '../services.ts';
import type { Fleet, HostLife, Input } from './model.ts';
import type { WitnessAnswer } from './verdict.ts';

export interface TestimonyReader {
  read(report: StoredReport): readonly Input[];
}

/** Values of `witness_answer`. */
const ANSWERS: readonly WitnessAnswer[] = ['nothing', 'refuses', 'accepts'];
const NONE: readonly Input[] = [];

interface Place {
  index: number;
  target: string;
}

export function openTestimonies(fleet: Fleet): TestimonyReader {
  // Lists of columns are declared once per connection and shared by its reports.
  const known = new WeakMap<readonly string[], readonly Place[]>();
  const placesIn = (columns: readonly string[]): readonly Place[] => {
    let places = known.get(columns);
    if (!places) known.set(columns, (places = findPlaces(columns)));
    return places;
  };
  return {
    read(report) {
      const places = placesIn(report.columns);
      const witness = places.length > 0 ? fleet.hosts.get(report.host) : undefined;
      if (!witness) return NONE;
      const at = Math.min(report.at, report.arrivedAt);
      const said: Input[] = [];
      for (const { index, target } of places) {
        const answer = ANSWERS[report.values[index] ?? -1];
        const watched = answer && findTarget(fleet, witness, target);
        if (watched) said.push({ kind: 'witness', host: watched.host, by: witness.host, answer, at });
      }
      return said;
    },
  };
}

function findPlaces(columns: readonly string[]): readonly Place[] {
  return columns.flatMap((column, index) => {
    if (!column.startsWith('witness_answer{')) return [];
    const target = parseSeriesKey(column)?.labels.target;
    return target === undefined ? [] : [{ index, target }];
  });
}

/** By its id, or by its name, in upper or lower case. */
function findTarget(fleet: Fleet, witness: HostLife, target: string): HostLife | undefined {
  const byId = fleet.hosts.get(target);
  if (byId && byId !== witness && byId.hospital === witness.hospital) return byId;
  const wanted = target.toLowerCase();
  return fleet.hospitals
    .get(witness.hospital)
    ?.find((life) => life !== witness && life.name.toLowerCase() === wanted);
}
