// Instruments the modules that are imported after this one, in this thread. Node strips the types; positions stay as they are
// in the file, so that stacks name true lines.

import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Coverage, type RunLimits } from './coverage.ts';
import { instrument } from './instrument.ts';

declare global {
  var __niswatchFuzz: Coverage | undefined;
}

/** `wanted` says of a file's URL whether it is instrumented. */
export function instrumentModules(wanted: RegExp, limits: RunLimits): Coverage {
  const coverage = new Coverage(limits);
  globalThis.__niswatchFuzz = coverage;
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith('file:') || !wanted.test(url)) return nextLoad(url, context);
      const text = readFileSync(fileURLToPath(url), 'utf8');
      const isTypeScript = url.endsWith('.ts');
      const isModule = isTypeScript || context.format === 'module' || url.endsWith('.mjs');
      const plain = isTypeScript ? stripTypeScriptTypes(text) : text;
      const { code, words } = instrument(plain, isModule ? 'module' : 'script', coverage);
      for (const word of words) coverage.words.add(word);
      return { format: isModule ? 'module' : 'commonjs', source: code, shortCircuit: true };
    },
  });
  return coverage;
}
