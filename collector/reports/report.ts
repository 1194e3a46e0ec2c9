// The Report interface: `gather` reads everything the report rests on into plain data; `document` turns the data into a document, which
// is rendered in every form (collector/document). The same data gives the same bytes; every figure in the data names the
// samples, files or events that it came from.

import type { Language } from '../../shared/text.ts';
import type { ReportDocument } from '../document/document.ts';
import type { State } from '../state/state.ts';

export interface Period {
  /** [from, to), UTC ms. */
  from: number;
  to: number;
}

export interface ReportRequest {
  hospital: { id: string; name: string; timeZone: string };
  period: Period;
  language: Language;
  /** Drawn for this report; stands on its cover. */
  number: string;
  preparedBy: string;
  /** The summary of the newest report of the same kind and hospital that ends before this one does. */
  previous: unknown;
}

export interface ReportUnit<Data = unknown> {
  /** The KIND of `niswatch report KIND`. */
  kind: string;
  /** Of its numbers: `BK-20261126-0001`. */
  prefix: string;
  gather(state: State, request: ReportRequest, now: number): Promise<Data>;
  /** Pure. */
  document(data: Data): ReportDocument;
  /** Pure: what the list shows, and what the next report compares itself with. */
  summary(data: Data): object;
}
