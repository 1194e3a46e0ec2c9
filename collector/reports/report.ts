// The Report interface: `gather` reads everything the report rests on into plain data; `render` turns data into a document.
// The same data gives the same bytes; every figure in the data names the samples, files or events that it came from.

import type { Store } from '../store/store.ts';

export interface Period {
  /** [from, to), UTC ms. */
  from: number;
  to: number;
}

export interface ReportRequest {
  hospital: string;
  hosts: readonly string[];
  period: Period;
}

export type ReportFormat = 'pdf' | 'docx' | 'html';

export interface ReportUnit<Data = unknown> {
  /** The KIND of `niswatch report KIND`. */
  kind: string;
  gather(store: Store, request: ReportRequest, now: number): Promise<Data>;
  render(data: Data, format: ReportFormat): Promise<Uint8Array>;
}
