// The engines outside that there are.

import { influxdbReader, influxdbSender, INFLUXDB_DIALECT } from '../influxdb/influxdb.ts';
import type { InfluxdbConfig } from '../influxdb/config.ts';
import type { VictoriametricsConfig } from '../victoriametrics/config.ts';
import {
  VICTORIAMETRICS_DIALECT,
  victoriametricsReader,
  victoriametricsSender,
} from '../victoriametrics/victoriametrics.ts';
import type { Dialect, Reader, Sender } from './engine.ts';

/** What crosses to the queue's thread. */
export type EngineChoice =
  { kind: 'victoriametrics'; config: VictoriametricsConfig } | { kind: 'influxdb'; config: InfluxdbConfig };

export interface OutsideEngine {
  sender: Sender;
  reader: Reader;
  dialect: Dialect;
  /** How long after its acknowledgement the engine may still lose what it took, ms. */
  keepMs: number;
}

export function engineOf(choice: EngineChoice): OutsideEngine {
  switch (choice.kind) {
    case 'victoriametrics':
      return {
        sender: victoriametricsSender(choice.config),
        reader: victoriametricsReader(choice.config),
        dialect: VICTORIAMETRICS_DIALECT,
        // It answers when the rows are in memory, and brings them to its files every 5 s.
        keepMs: 30_000,
      };
    case 'influxdb':
      return {
        sender: influxdbSender(choice.config),
        reader: influxdbReader(choice.config),
        dialect: INFLUXDB_DIALECT,
        // Its write-ahead log is on the disk before it answers (wal-fsync-delay 0, its default).
        keepMs: 5000,
      };
  }
}
