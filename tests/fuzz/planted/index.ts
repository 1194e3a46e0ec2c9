// Readers with planted faults, to prove that the fuzzer finds such: each stands behind something that chance alone does not pass.

import type { Target } from '../target.ts';
import { readBomb } from './bomb.ts';
import { readEndless } from './endless.ts';
import { readMagic } from './magic.ts';
import { readSealed, sealedShape } from './sealed.ts';
import { readSquares } from './squares.ts';
import { readWords } from './words.ts';

const target = (more: Pick<Target, 'name' | 'samples' | 'run'> & Partial<Target>) => (): Promise<Target> =>
  Promise.resolve({ refuses: [], ...more });

export const TARGETS: Record<string, () => Promise<Target>> = {
  magic: target({ name: 'magic', samples: [Buffer.alloc(12)], run: readMagic }),
  words: target({ name: 'words', samples: [Buffer.from('hello')], run: readWords }),
  squares: target({ name: 'squares', samples: [Buffer.from('a b c')], run: readSquares }),
  bomb: target({ name: 'bomb', samples: [Buffer.alloc(8)], run: readBomb }),
  sealed: target({
    name: 'sealed',
    samples: [Buffer.from(sealedShape.close([Buffer.from('content')]))],
    run: readSealed,
    shape: sealedShape,
  }),
  endless: target({ name: 'endless', samples: [Buffer.from('0')], run: readEndless }),
};
