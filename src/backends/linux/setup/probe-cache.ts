import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { type AbsolutePath, joinPath, parseAbsolutePath } from '../../../paths/absolute-path.js';
import { type FoundExecutable } from './find-bubblewrap.js';

/** What an answer holds for, beside the executable: where it was looked for, this kernel, these options. */
export interface ProbeKey {
  readonly searchPath: string;
  readonly kernelRelease: string;
  /** From `userNamespaceSettings`: they may change while the kernel stays. */
  readonly settings: string;
  readonly options: readonly string[];
}

/** More than there are kinds of plans; a file that grew further is begun anew. */
const MAX_ANSWERS = 64;

/**
 * Remembers which bubblewrap passed which probe, in a file of the private directory: looking through PATH and running the probe
 * cost more than the rest of a launch. An answer holds for one executable (path and time of change) and one kernel. Failures are
 * not kept: whoever mends the machine must not have to know of a cache.
 */
export class ProbeCache {
  readonly #file: AbsolutePath;
  #known: Map<string, FoundExecutable> | undefined;

  /** @param privateDirectory - where the file is kept. */
  constructor(privateDirectory: AbsolutePath) {
    this.#file = joinPath(privateDirectory, 'probes.json');
  }

  /** The executable that passed this probe, if it is still the same. */
  find(key: ProbeKey): FoundExecutable | undefined {
    this.#known ??= this.#read();
    const known = this.#known.get(textOf(key));
    if (known === undefined) return undefined;
    return statSync(known.path, { throwIfNoEntry: false })?.mtimeMs === known.modifiedMs ? known : undefined;
  }

  /** Remembers that an executable passed this probe. */
  add(key: ProbeKey, executable: FoundExecutable): void {
    const known = this.#read();
    if (known.size >= MAX_ANSWERS) known.clear();
    known.set(textOf(key), executable);
    this.#known = known;
    const draft = `${this.#file}.${String(process.pid)}`;
    writeFileSync(draft, JSON.stringify([...known]), { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  #read(): Map<string, FoundExecutable> {
    try {
      const parsed: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      return new Map(Array.isArray(parsed) ? parsed.flatMap(parseAnswer) : []);
    } catch {
      return new Map();
    }
  }
}

type StoredAnswer = [unknown, Partial<Record<keyof FoundExecutable, unknown>> | null | undefined];

function parseAnswer(answer: unknown): [string, FoundExecutable][] {
  if (!Array.isArray(answer)) return [];
  const [key, executable] = answer as StoredAnswer;
  const { path, modifiedMs } = executable ?? {};
  if (typeof key !== 'string' || typeof path !== 'string' || typeof modifiedMs !== 'number') return [];
  return [[key, { path: parseAbsolutePath(path), modifiedMs }]];
}

function textOf({ searchPath, kernelRelease, settings, options }: ProbeKey): string {
  return [searchPath, kernelRelease, settings, ...options].join(' ');
}
