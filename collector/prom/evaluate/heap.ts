// The k first of a group, for topk and bottomk. A binary heap that moves its entries exactly as Go's container/heap does, so that
// of equal values the same ones stay as in Prometheus.

export interface Entry {
  value: number;
  series: number;
}

export type Less = (a: number, b: number) => boolean;

export const smaller: Less = (a, b) => Number.isNaN(a) || a < b;
export const greater: Less = (a, b) => Number.isNaN(a) || a > b;

/** Puts the entry in when there is room or when it beats the weakest. */
export function offer(heap: Entry[], k: number, entry: Entry, less: Less): void {
  if (heap.length < k) {
    heap.push(entry);
    up(heap, heap.length - 1, less);
    return;
  }
  const weakest = (heap[0] as Entry).value;
  const beats = Number.isNaN(entry.value) ? false : Number.isNaN(weakest) || less(weakest, entry.value);
  if (!beats) return;
  heap[0] = entry;
  down(heap, less);
}

function up(heap: Entry[], from: number, less: Less): void {
  for (let j = from; j > 0;) {
    const i = (j - 1) >> 1;
    if (!less((heap[j] as Entry).value, (heap[i] as Entry).value)) return;
    swap(heap, i, j);
    j = i;
  }
}

function down(heap: Entry[], less: Less): void {
  for (let i = 0; ;) {
    let j = 2 * i + 1;
    if (j >= heap.length) return;
    const right = j + 1;
    if (right < heap.length && less((heap[right] as Entry).value, (heap[j] as Entry).value)) j = right;
    if (!less((heap[j] as Entry).value, (heap[i] as Entry).value)) return;
    swap(heap, i, j);
    i = j;
  }
}

function swap(heap: Entry[], i: number, j: number): void {
  const kept = heap[i] as Entry;
  heap[i] = heap[j] as Entry;
  heap[j] = kept;
}
