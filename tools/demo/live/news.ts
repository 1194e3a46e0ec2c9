// What is new of a host's backups since the last look: files that came and went, and the set as it stands then.

import { encodeRecord } from '../../../shared/backup/reported-event.ts';
import { type BackupRecord, EVENT_OF } from '../../../shared/backup/reported.ts';
import type { AgentEvent } from '../../../shared/frame.ts';
import { filesAt, setReport } from '../world/records.ts';
import { stateOfSet } from '../world/sets.ts';
import type { DemoHost, DemoSet, World } from '../world/shape.ts';

export function openNews(world: World, host: DemoHost): (at: number) => AgentEvent[] {
  const looks = host.sets.map((set) => openLook(world, host, set));
  return (at) =>
    looks
      .flatMap((look) => look(at))
      .flatMap((record): AgentEvent[] => {
        const data = encodeRecord(record);
        return data ? [{ at, kind: EVENT_OF[record.of], subject: record.set, data }] : [];
      });
}

function openLook(world: World, host: DemoHost, set: DemoSet): (at: number) => BackupRecord[] {
  const presentAt = (at: number) =>
    filesAt(world, host, set, at).flatMap(({ report, goneAt }) => (goneAt === undefined ? [report] : []));
  // What history ends with is known there.
  let newestAt = stateOfSet(world, host, set, world.endAt).newestAt;
  let known = presentAt(world.endAt);
  return (at) => {
    const state = stateOfSet(world, host, set, at);
    if (state.newestAt <= newestAt) return [];
    newestAt = state.newestAt;
    const before = new Map(known.map((file) => [file.path, file]));
    known = presentAt(at);
    const fresh = known.filter((file) => !before.delete(file.path));
    const gone = [...before.values()].map((file): BackupRecord => ({ ...file, gone: true }));
    return [...fresh, ...gone, setReport(world, host, set, { at, present: known })];
  };
}
