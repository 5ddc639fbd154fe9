import { type Duplex } from 'node:stream';
import { unreachable } from '../errors/cordon-error.js';
import { type GuardEvent } from './guard-events.js';
import { type GuardedProcess } from './guarded-process.js';
import { OwnInheritedState } from './inherited-state.js';
import { Launching } from './launching.js';
import { PreparedSandbox } from './prepared-sandbox.js';
import { type RunningProcess, spawnProcess } from './spawn.js';
import { type ZygoteEvent, encodeFrame, readZygoteEvents } from './zygote-frames.js';

/** What is to be launched. */
export interface ZygoteRequest {
  /** Makes the payload of the launch (native/linux/launcher/channel.h); undefined: nothing is to be launched after all. */
  readonly payload: () => Promise<Uint8Array | undefined>;
}

type OnEvent = (event: GuardEvent) => void;

/** A process that forks sandboxes for us (native/linux/launcher/zygote.h): one for many, at once or one after the other. */
export class Zygote {
  readonly #child: RunningProcess;
  readonly #control: Duplex;
  readonly #inherited: OwnInheritedState;
  readonly #state: string | undefined;
  readonly #sandboxes = new Map<number, Launching>();
  /** Those that run a command, or are about to: for them our event loop goes on. */
  readonly #running = new Set<number>();
  #lastId = 0;
  #isGone = false;
  #isRetired = false;

  private constructor(child: RunningProcess, inherited: OwnInheritedState, state: string | undefined) {
    this.#child = child;
    this.#inherited = inherited;
    this.#state = state;
    this.#control = child.extra[0] ?? unreachable('the zygote has no control socket');
    child.keepLoopAlive(false);
    readZygoteEvents(this.#control, (event) => {
      this.#take(event);
    });
    this.#control.once('close', () => {
      this.#end();
    });
  }

  /**
   * Starts a zygote.
   *
   * @param launcher - cordon's own launcher.
   * @throws CordonError `setup-failed` when it cannot be started.
   */
  static async start(launcher: string): Promise<Zygote> {
    const inherited = new OwnInheritedState();
    const state = inherited.read();
    const streams = { stdin: 'null', stdout: 'null', stderr: 'null' } as const;
    const request = { executable: launcher, args: ['--zygote'], cwd: '/', env: {}, ...streams };
    return new Zygote(await spawnProcess({ ...request, extra: ['pipe'] }), inherited, state);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has ended, as far as is known. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether it runs, and what it makes inherits what a process started now would. */
  get isAsNew(): boolean {
    return !this.#isGone && this.#state !== undefined && this.#state === this.#inherited.read();
  }

  /**
   * Has it make a sandbox.
   *
   * @param request - what.
   * @param onEvent - called for each event but those about pipes.
   * @throws CordonError `setup-failed` when the request was refused; those of `request.payload`.
   */
  async launch(request: ZygoteRequest, onEvent: OnEvent): Promise<GuardedProcess> {
    const payload = await request.payload();
    const id = (this.#lastId += 1);
    const launching = new Launching(this.pid, onEvent);
    if (payload === undefined || this.#isGone) launching.end();
    else {
      this.#startRunning(id);
      this.#send(id, launching, { kind: 'launch', payload });
    }
    const ends = await launching.opened;
    if (ends.length > 0) this.#write(id, 'opened');
    return launching.asProcess(() => {
      this.#kill(id);
    });
  }

  /**
   * Has it make a sandbox that waits for its command.
   *
   * @param payload - native/linux/launcher/channel.h.
   */
  prepare(payload: Uint8Array): PreparedSandbox {
    const id = (this.#lastId += 1);
    const launching = new Launching(this.pid, () => undefined);
    this.#send(id, launching, { kind: 'prepare', payload });
    launching.opened.then(
      () => {
        this.#write(id, 'opened');
        launching.makeStreams();
      },
      () => undefined, // refused: it says that it has ended
    );
    return new PreparedSandbox(launching, {
      onRun: () => {
        this.#startRunning(id);
      },
      kill: () => {
        this.#kill(id);
      },
    });
  }

  /** Ends it, and every sandbox that it has made. */
  close(): void {
    this.#control.destroy();
  }

  /** Ends it once its last sandbox has ended. */
  retire(): void {
    if (this.#running.size === 0) this.close();
    else this.#isRetired = true;
  }

  #startRunning(id: number): void {
    this.#running.add(id);
    this.#child.keepLoopAlive(true);
  }

  #send(
    id: number,
    launching: Launching,
    { kind, payload }: { readonly kind: 'launch' | 'prepare'; readonly payload: Uint8Array },
  ): void {
    this.#sandboxes.set(id, launching);
    this.#write(id, kind, payload);
  }

  #kill(id: number): void {
    if (this.#sandboxes.has(id)) this.#write(id, 'kill');
  }

  #write(id: number, kind: 'launch' | 'prepare' | 'opened' | 'kill', payload?: Uint8Array): void {
    if (!this.#isGone) this.#control.write(encodeFrame(id, kind, payload));
  }

  #take({ id, event }: ZygoteEvent): void {
    if (this.#sandboxes.get(id)?.take(event) !== true) return;
    this.#sandboxes.delete(id);
    if (!this.#running.delete(id) || this.#running.size > 0) return;
    this.#child.keepLoopAlive(false);
    if (this.#isRetired) this.close();
  }

  #end(): void {
    this.#isGone = true;
    this.#inherited.close();
    this.#child.keepLoopAlive(false);
    for (const launching of this.#sandboxes.values()) launching.end();
    this.#sandboxes.clear();
    this.#running.clear();
  }
}
