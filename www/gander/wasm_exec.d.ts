// Types of what wasm_exec.js, copied from the Go distribution by the build, defines.

declare global {
  /** A Go program that has not been started. */
  class Go {
    argv: string[];
    importObject: WebAssembly.Imports;
    /** Runs the program until its main goroutine waits; the promise resolves when the program ends. */
    run(instance: WebAssembly.Instance): Promise<void>;
  }

  /** Where Go writes its output, looked up at every write. */
  var fs: { writeSync(fd: number, bytes: Uint8Array): number };

  /** Node only. */
  var setImmediate: ((callback: () => void) => object) | undefined;
}

export {};
