// What downloads use of the origin private file system and of Web Locks, in memory, for Node.

/** Whether no file can be written. */
export const disk = { failing: false };

class MemoryFile {
  kind = 'file';
  bytes = new Uint8Array(0);
  changed = 1;

  /** Replaces the content. */
  set(bytes) {
    this.bytes = bytes;
    this.changed++;
  }

  async getFile() {
    return new File([this.bytes], '', { lastModified: this.changed });
  }

  async createSyncAccessHandle() {
    if (disk.failing) throw new DOMException('The operation failed for an unknown transient reason', 'UnknownError');
    return {
      read: (buffer, { at }) => {
        const part = this.bytes.subarray(at, at + buffer.length);
        buffer.set(part);
        return part.length;
      },
      write: (part, { at }) => {
        const bytes = new Uint8Array(Math.max(this.bytes.length, at + part.length));
        bytes.set(this.bytes);
        bytes.set(part, at);
        this.set(bytes);
        return part.length;
      },
      truncate: (size) => this.set(this.bytes.slice(0, size)),
      getSize: () => this.bytes.length,
      flush() {},
      close() {},
    };
  }
}

class MemoryFolder {
  kind = 'directory';
  #entries = new Map();

  #get(name, create, Entry) {
    if (!create && !this.#entries.has(name)) throw new DOMException(name, 'NotFoundError');
    if (!this.#entries.has(name)) this.#entries.set(name, new Entry());
    return this.#entries.get(name);
  }

  async getDirectoryHandle(name, { create = false } = {}) {
    return this.#get(name, create, MemoryFolder);
  }

  async getFileHandle(name, { create = false } = {}) {
    return this.#get(name, create, MemoryFile);
  }

  async removeEntry(name) {
    if (!this.#entries.delete(name)) throw new DOMException(name, 'NotFoundError');
  }

  async *entries() {
    yield* [...this.#entries];
  }

  async *keys() {
    yield* [...this.#entries.keys()];
  }
}

/** Gives this process an empty file system, and locks that everybody gets. */
export function installFileSystem() {
  const root = new MemoryFolder();
  const storage = { getDirectory: async () => root, estimate: async () => ({ quota: 1e12, usage: 0 }) };
  const locks = { request: async (_name, _options, work) => work({}) };
  const FileSystemSyncAccessHandle = { prototype: { mode: '' } };
  for (const [name, value] of Object.entries({ navigator: { storage, locks }, FileSystemSyncAccessHandle })) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}
