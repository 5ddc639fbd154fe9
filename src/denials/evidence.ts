import { type AbsolutePath } from '../paths/absolute-path.js';
import { type FileOperation, type Verdict } from '../permissions/evaluate.js';
import { type NetworkAccess } from '../permissions/profile.js';

/** How the command ended. */
export type EvidenceOfExit =
  /** 0 to 255; 128 + n for signal n. */
  | { readonly kind: 'exited'; readonly code: number }
  | {
      readonly kind: 'not-executed';
      readonly program: string;
      readonly reason: 'not-found' | 'not-executable';
      /** The program's path on the host, if it exists there. */
      readonly candidate: AbsolutePath | undefined;
    };

/** What the policy and the host say about a path. */
export interface JudgedPath {
  readonly verdict: Verdict;
  /** The path that was asked about, with its symbolic links followed. */
  readonly path: AbsolutePath;
  /** Whether it exists on the host now. */
  readonly exists: boolean;
  readonly isSocket: boolean;
}

/** Asks the policy, and the host, about a path. It is asked at most once for the same operation and path. */
export type PathJudge = (operation: FileOperation, path: AbsolutePath) => JudgedPath;

/** Everything that a classification looks at. */
export interface Evidence {
  readonly exit: EvidenceOfExit;
  /** The end of the standard error, or of a terminal's output; of more than 64 Ki UTF-16 units the last are looked at. */
  readonly output: string;
  /** What relative names start from. */
  readonly cwd: AbsolutePath;
  readonly judge: PathJudge;
  readonly network: NetworkAccess;
}
