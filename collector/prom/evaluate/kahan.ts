// Summation that carries the rounding error along (Neumaier), as Prometheus sums over time.

export class KahanSum {
  sum = 0;
  carried = 0;

  add(inc: number): void {
    const t = this.sum + inc;
    this.carried += Math.abs(this.sum) >= Math.abs(inc) ? this.sum - t + inc : inc - t + this.sum;
    this.sum = t;
  }

  get total(): number {
    return this.sum + this.carried;
  }
}
