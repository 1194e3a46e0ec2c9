// Calls into system libraries through node:ffi. Promise: undefined where Node has none, where a library or function is missing, or
// where the calling convention is not the one that this file was written for; nothing is called before that was shown.
//
// node:ffi is experimental: the words of a signature changed within Node 26, and a version that reads other words takes
// every function for one without arguments and result. `openLibrary` therefore calls a function whose answer it knows first.

import type * as FfiModule from 'node:ffi';

export type FfiType = 'void' | 'i32' | 'u32' | 'u64' | 'pointer';
export type FfiValue = number | bigint | Uint8Array | null;
export type Signature = readonly [result: FfiType, ...args: FfiType[]];
export type Calls<S extends Record<string, Signature>> = {
  [K in keyof S]: (...args: FfiValue[]) => number | bigint;
};

export interface Ffi {
  /** Undefined when the library or one of the functions is not there. */
  open<S extends Record<string, Signature>>(library: string, signatures: S): Calls<S> | undefined;
  /** Copies `length` bytes at an address that a call returned. */
  bytesAt(address: bigint, length: number): Uint8Array;
  addressOf(bytes: Uint8Array): bigint;
}

/** `proof` names a function without arguments whose answer is this process's id: getpid, GetCurrentProcessId. */
export function openFfi(proof: { library: string; function: string }, pid: number): Ffi | undefined {
  const module = loadModule();
  if (module === undefined) return undefined;
  const ffi: Ffi = {
    open: (library, signatures) => openLibrary(module, library, signatures),
    bytesAt: (address, length) => module.toBuffer(address, length, true),
    addressOf: (bytes) => module.getRawPointer(bytes),
  };
  const proving = ffi.open(proof.library, { [proof.function]: ['u32'] });
  return proving?.[proof.function]?.() === pid ? ffi : undefined;
}

function loadModule(): typeof FfiModule | undefined {
  try {
    return process.getBuiltinModule('node:ffi');
  } catch {
    // Built without it.
    return undefined;
  }
}

function openLibrary<S extends Record<string, Signature>>(
  module: typeof FfiModule,
  library: string,
  signatures: S,
): Calls<S> | undefined {
  const definitions: Record<string, FfiModule.FunctionSignature> = {};
  for (const [name, [result, ...args]] of Object.entries(signatures)) {
    definitions[name] = { return: result, arguments: args as Exclude<FfiType, 'void'>[] };
  }
  try {
    return module.dlopen(library, definitions).functions as unknown as Calls<S>;
  } catch {
    return undefined;
  }
}
