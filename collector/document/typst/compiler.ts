// The Typst compiler, kept: its start costs more than a report. Promise: nothing but this folder and the reports' fonts is read; a warning
// is an error, for what Typst only warns of is missing on paper.

import { NodeCompiler, type NodeError, type NodeTypstDocument } from '@myriaddreamin/typst-ts-node-compiler';
import { fontFiles } from '../fonts.ts';

let kept: NodeCompiler | undefined;

/** Compiles one of this folder's templates with its data, and hands the result to `use`. */
export function typeset<Result>(
  template: string,
  inputs: Record<string, string>,
  use: (compiler: NodeCompiler, made: NodeTypstDocument) => Result,
): Result {
  kept ??= NodeCompiler.create({
    workspace: import.meta.dirname,
    fontArgs: [{ fontPaths: fontFiles() }],
  });
  try {
    const made = kept.compile({ mainFileContent: template, inputs });
    const wrong = made.takeError() ?? made.takeWarnings();
    if (wrong || !made.result) throw new Error(`Typst: ${said(wrong)}`);
    return use(kept, made.result);
  } finally {
    // Typst remembers every layout that it made; without this each report stays in memory.
    kept.evictCache(0);
  }
}

function said(wrong: NodeError | null): string {
  const told = (wrong?.shortDiagnostics ?? []) as { message?: string }[];
  return told.map((d) => d.message ?? JSON.stringify(d)).join('; ') || 'no document was made';
}
