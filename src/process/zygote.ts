import { type Duplex } from 'node:stream';
import { CordonError, unreachable } from '../errors/cordon-error.js';
import { type GuardEvent } from './guard-events.js';
import { type GuardedProcess } from './guarded-process.js';
import { closeHandle } from './handed-listeners.js';
import { inheritedState } from './inherited-state.js';
import { type ListenerReception, readAnnouncement } from './listener-reception.js';
import { type PipeEnds, closeEnds, openEnd, streamsOfEnds } from './pipe-ends.js';
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
  readonly #state: string | undefined;
  /** Whether it can hand listening sockets over. */
  readonly hasChannel: boolean;
  readonly #sandboxes = new Map<number, Launching>();
  readonly #receptions: Map<number, ListenerReception>;
  #lastId = 0;
  #isGone = false;

  private constructor(child: RunningProcess, { state, hasChannel, receptions }: ZygoteParts) {
    this.#child = child;
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
    const state = inheritedState('thread-self');
    const streams = { stdin: 'null', stdout: 'null', stderr: 'null' } as const;
    const args = ['--zygote', ...(hasChannel ? ['--channel'] : [])];
    const receptions = new Map<number, ListenerReception>();
    const onHandle = hasChannel ? handleRouter(receptions) : undefined;
    const request = { executable: launcher, args, cwd: '/', env: {}, ...streams, onHandle };
    const child = await spawnProcess({ ...request, extra: ['pipe'] });
    return new Zygote(child, { state, hasChannel, receptions });
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it runs, and what it makes inherits what a process started now would. */
  get isAsNew(): boolean {
    return !this.#isGone && this.#state !== undefined && this.#state === inheritedState('thread-self');
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
      this.#sandboxes.set(id, launching);
      this.#receive(id, request.reception);
      this.#child.keepLoopAlive(true);
      this.#control.write(encodeFrame(id, 'launch', payload));
    }
    const ends = await launching.opened;
    if (ends.length > 0 && !this.#isGone) this.#control.write(encodeFrame(id, 'opened'));
    return {
      pid: launching.init ?? this.pid,
      ...streamsOfEnds(ends),
      isReady: launching.isReady,
      exited: launching.exited,
      kill: () => {
        if (this.#sandboxes.has(id)) this.#control.write(encodeFrame(id, 'kill'));
      },
    };
  }

  /** Ends it, and every sandbox that it has made. */
  close(): void {
    this.#control.destroy();
  }

  /** Ends it once its last sandbox has ended. */
  retire(): void {
    if (this.#sandboxes.size === 0) this.close();
    else this.#isRetired = true;
  }

  /** Until all have come: a short command may have ended by then. */
  #receive(id: number, reception: ListenerReception | undefined): void {
    if (reception === undefined) return;
    this.#receptions.set(id, reception);
    void reception.isSettled.then(() => this.#receptions.delete(id));
  }

  #isRetired = false;

  #take({ id, event }: ZygoteEvent): void {
    const launching = this.#sandboxes.get(id);
    if (launching?.take(event) !== true) return;
    this.#sandboxes.delete(id);
    if (this.#sandboxes.size > 0) return;
    this.#child.keepLoopAlive(false);
    if (this.#isRetired) this.close();
  }

  #end(): void {
    this.#isGone = true;
    this.#child.keepLoopAlive(false);
    for (const launching of this.#sandboxes.values()) launching.end();
    this.#sandboxes.clear();
  }
}

interface ZygoteParts {
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

/** One sandbox, as its events tell of it. */
class Launching {
  readonly opened: Promise<PipeEnds>;
  readonly isReady: Promise<void>;
  readonly exited: Promise<number>;
  /** Its process 1, by its id on this machine. */
  init: number | undefined;
  readonly #zygote: number;
  readonly #onEvent: OnEvent;
  readonly #ends: (number | undefined)[] = [];
  #open: (ends: PipeEnds) => void = () => undefined;
  #refuse: (error: CordonError) => void = () => undefined;
  #becomeReady: () => void = () => undefined;
  #exit: (status: number) => void = () => undefined;
  #fail: (error: CordonError) => void = () => undefined;

  constructor(zygote: number, onEvent: OnEvent) {
    this.#zygote = zygote;
    this.#onEvent = onEvent;
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.isReady = new Promise((resolve) => (this.#becomeReady = resolve));
    this.exited = new Promise((resolve, reject) => {
      this.#exit = resolve;
      this.#fail = reject;
    });
    this.exited.catch(() => undefined);
  }

  /** Returns whether it was the last event. */
  take(event: ZygoteEvent['event']): boolean {
    if (event.kind === 'pipe') {
      this.#ends[event.stream] = openEnd(this.#zygote, event);
      return false;
    }
    if (event.kind === 'malformed') {
      closeEnds(this.#ends);
      this.#refuse(refused(event.errno));
      return true;
    }
    if (event.kind === 'child') {
      this.init = event.pid;
      /* Comes behind those about pipes. */
      this.#open(this.#ends);
    }
    this.#onEvent(event);
    if (event.kind === 'child') return false;
    this.#becomeReady();
    if (event.kind === 'released') return false;
    this.#exit('code' in event ? event.code : 1);
    return true;
  }

  /** The zygote has ended, and all that it made with it. */
  end(): void {
    this.#open(this.#ends);
    this.#becomeReady();
    this.#fail(
      new CordonError('launcher-died', 'The process that makes sandboxes has ended, and the command with it'),
    );
  }
}

function refused(errno: number): CordonError {
  return new CordonError('setup-failed', `Cannot start a sandbox: error ${String(errno)} (errno(3))`, {
    details: { errno },
  });
}
