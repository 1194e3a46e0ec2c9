// Where a planted bug can get between the production modules. Each wrapper stands at a seam, so that what it changes is what a
// wrong line inside the module would change.

import type { AgentFrame, CollectorFrame } from '../../shared/frame.ts';
import type { Spool, SpoolDisk } from '../../agent/spool/spool.ts';
import type { PresenceSink } from '../../collector/services.ts';
import type { HostMark } from '../../collector/ingest/commit.ts';
import type { Session } from '../../collector/ingest/model.ts';
import type { Notifier } from '../../collector/notifiers/notifier.ts';
import type { State } from '../../collector/state/state.ts';
import type { Entry } from '../../collector/store/store.ts';

export interface Sabotage {
  spool?(spool: Spool): Spool;
  disk?(disk: SpoolDisk): SpoolDisk;
  /** The stream id that the spool draws. */
  streamId?(host: number, drawn: Uint8Array): Uint8Array;
  /** A frame that the agent sends or hears; undefined: it vanishes. */
  agentSends?(frame: AgentFrame, spool: Spool): AgentFrame | undefined;
  agentHears?(frame: CollectorFrame, spool: Spool): CollectorFrame | undefined;
  /** Before the collector looks at a report or gap of an open session. */
  beforeTake?(session: Session<HostMark>, frame: AgentFrame): void;
  /** The store that ingest sees. */
  store?: {
    /** It resolves before the commit is durable. */
    early?: boolean;
    /** It does not look whether a number is the next. */
    lenient?: boolean;
    /** What a crash leaves of an unfinished commit: its watermarks alone. */
    torn?: boolean;
    entries?(entries: readonly Entry[]): readonly Entry[];
    watermark?(durable: number, ofHost: ReadonlyMap<string, number> | undefined): number;
  };
  presence?(sink: PresenceSink): PresenceSink;
  liveness?: Record<string, unknown>;
  ingest?: Record<string, unknown>;
  alerts?: Record<string, unknown>;
  rules?: Record<string, unknown>;
  /** The uplink canary says nothing. */
  deafUplink?: boolean;
  /** At each start of the collector, before it reads its state. */
  atStart?(state: State): Promise<void>;
  notifier?(notifier: Notifier): Notifier;
}
