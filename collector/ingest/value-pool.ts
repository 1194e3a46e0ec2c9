// Memory for the values of reports on their way to the disk. A hundred thousand reports a second would otherwise each leave a list
// behind, and sweeping those cost more than reading them. Promise: what was taken belongs to the taker until it is given back.

/** Lists are cut from blocks of so many numbers: of a width that is new few, then more each time. */
const FIRST_BLOCK = 128;
const BLOCK = 8192;
/** Beyond so many numbers (16 MiB) lists are left to the garbage collector. */
const KEPT = 2 ** 21;

export class ValuePool {
  readonly #free = new Map<number, { lists: Float64Array[]; block: number }>();
  #kept = 0;

  take(width: number): Float64Array {
    let free = this.#free.get(width);
    if (!free) this.#free.set(width, (free = { lists: [], block: FIRST_BLOCK }));
    if (free.lists.length === 0) {
      this.#cut(width, free.lists, free.block);
      free.block = Math.min(BLOCK, 2 * free.block);
    }
    this.#kept -= width;
    return free.lists.pop() ?? new Float64Array(width);
  }

  give(list: Float64Array): void {
    if (this.#kept + list.length > KEPT) return;
    const free = this.#free.get(list.length);
    if (!free) return;
    free.lists.push(list);
    this.#kept += list.length;
  }

  #cut(width: number, lists: Float64Array[], numbers: number): void {
    const count = Math.max(1, Math.floor(numbers / Math.max(1, width)));
    const block = new Float64Array(count * width);
    for (let i = 0; i < count; i++) lists.push(block.subarray(i * width, (i + 1) * width));
    this.#kept += block.length;
  }
}
