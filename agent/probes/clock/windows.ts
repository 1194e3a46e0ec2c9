// Windows tells the state of its time service only to w32tm, a child process: nothing is said.

export async function readWindowsSynchronized(): Promise<boolean | undefined> {
  return undefined;
}
