import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AbsolutePath, joinPath } from '../../../paths/absolute-path.js';
import { type FoundExecutable } from './find-bubblewrap.js';

/** What an answer holds for: this executable, this kernel, these options. */
export interface ProbeKey {
  readonly executable: FoundExecutable;
  readonly kernelRelease: string;
  readonly options: readonly string[];
}

/** More than there are kinds of plans; a file that grew further is begun anew. */
const MAX_ANSWERS = 64;

/**
 * Remembers which probes succeeded, in a file of the private directory. Failures are not kept: whoever mends the machine must
 * not have to know of a cache.
 */
export class ProbeCache {
  readonly #file: AbsolutePath;
  #known: Set<string> | undefined;

  /** @param privateDirectory - where the file is kept. */
  constructor(privateDirectory: AbsolutePath) {
    this.#file = joinPath(privateDirectory, 'probes.json');
  }

  /** Whether this probe is known to succeed. */
  has(key: ProbeKey): boolean {
    this.#known ??= this.#read();
    return this.#known.has(textOf(key));
  }

  /** Remembers that this probe succeeded. */
  add(key: ProbeKey): void {
    const known = this.#read();
    if (known.size >= MAX_ANSWERS) known.clear();
    known.add(textOf(key));
    this.#known = known;
    const draft = `${this.#file}.${String(process.pid)}`;
    writeFileSync(draft, JSON.stringify([...known]), { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  #read(): Set<string> {
    try {
      const parsed: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      return new Set(Array.isArray(parsed) ? parsed.filter((text): text is string => typeof text === 'string') : []);
    } catch {
      return new Set();
    }
  }
}

function textOf({ executable, kernelRelease, options }: ProbeKey): string {
  return [executable.path, String(executable.modifiedMs), kernelRelease, ...options].join(' ');
}
