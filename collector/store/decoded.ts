// Columns of packed chunks that were decoded lately, for the next question: a dashboard asks for the same hours again and again,
// and a chunk never changes. Promise: no more memory than the budget; the arrays are shared and must not be changed.

export interface DecodedColumn {
  values: Float64Array;
  /** Every row has a value. */
  isWhole: boolean;
}

const BUDGET_BYTES = 64 * 1024 ** 2;
/** An entry costs more than its numbers. */
const ENTRY_BYTES = 200;

export class DecodedColumns {
  private readonly entries = new Map<string, DecodedColumn>();
  private readonly budget: number;
  private bytes = 0;

  constructor(budget = BUDGET_BYTES) {
    this.budget = budget;
  }

  /** undefined, and not kept, where `decode` finds nothing. */
  get(key: string, decode: () => Float64Array | undefined): DecodedColumn | undefined {
    const known = this.entries.get(key);
    if (known) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    const values = decode();
    if (!values) return undefined;
    const column = { values, isWhole: !values.some(Number.isNaN) };
    this.entries.set(key, column);
    this.bytes += values.byteLength + ENTRY_BYTES;
    this.shrink();
    return column;
  }

  /** What was used longest ago goes first. */
  private shrink(): void {
    for (const [key, { values }] of this.entries) {
      if (this.bytes <= this.budget) return;
      this.entries.delete(key);
      this.bytes -= values.byteLength + ENTRY_BYTES;
    }
  }
}
