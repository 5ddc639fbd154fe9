import { type BindRequest, bindPolicy } from './bind.js';
import { type BoundPolicy } from './bound-policy.js';
import { DiskView } from './disk-view.js';

/** Bound policies that are kept: more kinds of commands are seldom in use at once. */
const MAX_KEPT = 32;

interface Kept {
  readonly policy: BoundPolicy;
  readonly view: DiskView;
}

/**
 * Binds, and keeps what was bound. A request that was bound before gets the same object again if the disk, asked all that it
 * was asked then, gives the same answers: binding depends on nothing else.
 */
export class Bindings {
  readonly #kept = new Map<string, Kept>();

  /**
   * Does what `bindPolicy` does.
   *
   * @param request - see there.
   * @throws CordonError see there.
   */
  bind(request: BindRequest): BoundPolicy {
    const key = JSON.stringify(request);
    const kept = this.#kept.get(key);
    if (kept?.view.isUnchanged() === true) return kept.policy;
    this.#kept.delete(key);
    const view = new DiskView();
    const policy = bindPolicy(request, view);
    this.#keep(key, { policy, view });
    return policy;
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}
