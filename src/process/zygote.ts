import { type Duplex } from 'node:stream';
import { unreachable } from '../errors/cordon-error.js';
import { type GuardEvent } from './guard-events.js';
import { type GuardedProcess } from './guarded-process.js';
import { closeHandle } from './handed-listeners.js';
import { OwnInheritedState } from './inherited-state.js';
import { Launching } from './launching.js';
import { type ListenerReception, readAnnouncement } from './listener-reception.js';
import { PreparedSandbox } from './prepared-sandbox.js';
import { type OnHandle, type RunningProcess, spawnProcess } from './spawn.js';
import { type ZygoteEvent, encodeFrame, readZygoteEvents } from './zygote-frames.js';

/** What is to be launched. */
export interface ZygoteRequest {
  /** Makes the payload of the launch (native/linux/launcher/channel.h); undefined: nothing is to be launched after all. */
  readonly payload: () => Promise<Uint8Array | undefined>;
  /** Takes its listening sockets, if it has any; one that needs a channel needs a zygote with one. */
  readonly reception: ListenerReception | undefined;
}

type OnEvent = (event: GuardEvent) => void;

/** A process that forks sandboxes for us (native/linux/launcher/zygote.h): one for many, at once or one after the other. */
export class Zygote {
  readonly #child: RunningProcess;
  readonly #control: Duplex;
  readonly #inherited: OwnInheritedState;
  readonly #state: string | undefined;
  /** Whether it can hand listening sockets over. */
  readonly hasChannel: boolean;
  readonly #sandboxes = new Map<number, Launching>();
  /** Those that run a command, or are about to: for them our event loop goes on. */
  readonly #running = new Set<number>();
  readonly #receptions: Map<number, ListenerReception>;
  #lastId = 0;
  #isGone = false;
  #isRetired = false;

  private constructor(child: RunningProcess, { inherited, state, hasChannel, receptions }: ZygoteParts) {
    this.#child = child;
    this.#inherited = inherited;
    this.#state = state;
    this.hasChannel = hasChannel;
    this.#receptions = receptions;
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
   * @param hasChannel - whether it gets a channel of Node's, for listening sockets; without one it starts faster.
   * @throws CordonError `setup-failed` when it cannot be started.
   */
  static async start(launcher: string, hasChannel: boolean): Promise<Zygote> {
    const inherited = new OwnInheritedState();
    const state = inherited.read();
    const streams = { stdin: 'null', stdout: 'null', stderr: 'null' } as const;
    const args = ['--zygote', ...(hasChannel ? ['--channel'] : [])];
    const receptions = new Map<number, ListenerReception>();
    const onHandle = hasChannel ? handleRouter(receptions) : undefined;
    const request = { executable: launcher, args, cwd: '/', env: {}, ...streams, onHandle };
    const child = await spawnProcess({ ...request, extra: ['pipe'] });
    return new Zygote(child, { inherited, state, hasChannel, receptions });
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
      this.#receive(id, request.reception);
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

  /** Until all have come: a short command may have ended by then. */
  #receive(id: number, reception: ListenerReception | undefined): void {
    if (reception === undefined) return;
    this.#receptions.set(id, reception);
    void reception.isSettled.then(() => this.#receptions.delete(id));
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

interface ZygoteParts {
  readonly inherited: OwnInheritedState;
  readonly state: string | undefined;
  readonly hasChannel: boolean;
  readonly receptions: Map<number, ListenerReception>;
}

/** A handle of a sandbox that is not known any more is nobody's. */
function handleRouter(receptions: ReadonlyMap<number, ListenerReception>): OnHandle {
  return (message, handle) => {
    const reception = receptions.get(readAnnouncement(message)?.sandbox ?? 0);
    if (reception?.onHandle === undefined) closeHandle(handle);
    else reception.onHandle(message, handle);
  };
}
