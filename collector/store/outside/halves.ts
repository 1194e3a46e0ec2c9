// Lines that an engine refuses for good are found by halves, so that they hold up nothing else.

import { EngineError, type Sender } from './engine.ts';

/**
 * Sends all that the engine takes; `refused` is told each line that it never will. Resolves with the number of points that were not
 * taken for their age. Throws what keeps the others from being taken now.
 */
export async function sendByHalves(
  sender: Pick<Sender, 'send'>,
  lines: readonly string[],
  refused: (line: string, error: EngineError) => void,
): Promise<number> {
  try {
    return await sender.send(lines);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind === 'retry') throw error;
    if (lines.length === 1) {
      refused(lines[0] as string, error);
      return 0;
    }
    const middle = lines.length >> 1;
    const first = await sendByHalves(sender, lines.slice(0, middle), refused);
    return first + (await sendByHalves(sender, lines.slice(middle), refused));
  }
}
