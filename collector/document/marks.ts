// How a state is marked in every format: shape and word first, colour last.

import type { Tone } from './document.ts';

export const MARK: Readonly<Record<Tone, string>> = { good: '●', attention: '▲', bad: '■', unknown: '○' };
