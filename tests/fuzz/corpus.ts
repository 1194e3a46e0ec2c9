// The kept inputs of each target: files in corpus/<target>/. A file named by a person says what it is about, `found-…` once
// broke a promise, and `kept-…` are those that the guided fuzzer bred for the branches that they show: it may replace them.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const CORPUS = join(import.meta.dirname, 'corpus');
const KEPT = 'kept-';

/** File name → bytes, in order of names. */
export function corpusOf(target: string): Map<string, Buffer> {
  const folder = join(CORPUS, target);
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(files.map((file) => [file, readFileSync(join(folder, file))]));
}

/** Inputs that stay, and those that were bred. */
export function sortedCorpus(target: string): { fixed: Buffer[]; kept: Buffer[] } {
  const all = [...corpusOf(target)];
  const pick = (isKept: boolean): Buffer[] =>
    all.filter(([name]) => name.startsWith(KEPT) === isKept).map(([, bytes]) => bytes);
  return { fixed: pick(false), kept: pick(true) };
}

/** Puts bred inputs in the place of the former ones. */
export function replaceKept(target: string, inputs: readonly Uint8Array[]): void {
  const folder = join(CORPUS, target);
  mkdirSync(folder, { recursive: true });
  for (const name of corpusOf(target).keys()) if (name.startsWith(KEPT)) rmSync(join(folder, name));
  for (const input of inputs) writeFileSync(join(folder, `${KEPT}${nameOf(input)}`), input);
}

/** Keeps an input that broke a promise; returns where. */
export function keepFinding(target: string, input: Uint8Array): string {
  const file = `found-${nameOf(input)}`;
  mkdirSync(join(CORPUS, target), { recursive: true });
  writeFileSync(join(CORPUS, target, file), input);
  return `tests/fuzz/corpus/${target}/${file}`;
}

const nameOf = (input: Uint8Array): string => createHash('sha256').update(input).digest('hex').slice(0, 12);
