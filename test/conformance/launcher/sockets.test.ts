import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Stage, type StageOptions, describeOnStage } from '../../support/stage.js';
import { type StartedProgram, startProgram } from '../../support/run-program.js';

const SOURCE = path.join(import.meta.dirname, 'socket-probe.c');

/** cordon's own launchers; bubblewrap cannot decide about sockets when they are connected to. */
const LAUNCHERS = ['builtin', 'zygote'] as const;

/** Connects without blocking, says "hello", and prints what it reads or the name of the error. */
const TALK = `
const socket = require('node:net').connect(process.argv[1]);
socket.on('connect', () => socket.write('hello'));
socket.on('data', (data) => { console.log(String(data)); process.exit(0); });
socket.on('error', (error) => { console.log(error.code); process.exit(0); });
`;

/** Waits for a line, then does the same. */
const TALK_LATER = `process.stdin.once('data', () => {${TALK}}); console.log('ready');`;

let probe = '';

beforeAll(() => {
  const directory = mkdtempSync('/var/tmp/cordon-probe-');
  chmodSync(directory, 0o755);
  probe = path.join(directory, 'socket-probe');
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1', '-pthread'];
  expect(spawnSync('cc', [...flags, '-o', probe, SOURCE], { encoding: 'utf8' }).stderr).toBe('');
});

afterAll(() => {
  rmSync(path.dirname(probe), { recursive: true, force: true });
});

/** A listener on the host that counts who comes, and answers what it hears. */
class HostListener {
  connections = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      this.connections += 1;
      socket.on('error', () => undefined);
      socket.on('data', (heard) => socket.end(`host heard ${String(heard)}`));
    });
  }

  async listen(at: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(at, resolve);
    });
    if (!at.startsWith('\0')) chmodSync(at, 0o777);
  }

  close(): void {
    this.#server.close();
  }
}

describe.each(LAUNCHERS)('with the launcher %s', (launcher) => {
  describeOnStage('a Unix socket', (stage) => {
    const listeners: HostListener[] = [];

    afterEach(() => {
      for (const listener of listeners.splice(0)) listener.close();
    });

    async function listenOnHost(at: string): Promise<HostListener> {
      const listener = new HostListener();
      listeners.push(listener);
      await listener.listen(at);
      return listener;
    }

    function withLauncher({ options = [], ...more }: StageOptions = {}): StageOptions {
      return { ...more, options: ['--launcher', launcher, ...options] };
    }

    async function talk(to: string, options: readonly string[] = []): Promise<string> {
      return (await stage.node(TALK, withLauncher({ options, args: [to] }))).output.trim();
    }

    async function probed(words: readonly string[], options: readonly string[] = []): Promise<string> {
      return (await stage.shell('exec "$@"', withLauncher({ options, args: [probe, ...words] }))).output;
    }

    /** Starts a command that connects when something has happened on the host. */
    async function talkAfter(
      to: string,
      happens: () => Promise<void>,
      options: readonly string[] = [],
    ): Promise<string> {
      const started = startNode(stage, TALK_LATER, withLauncher({ options, args: [to] }));
      expect(await started.firstLine).toBe('ready');
      await happens();
      started.stdin.end('go\n');
      return (await started.ended).output.replace('ready\n', '').trim();
    }

    it('of the host is refused, and one that is allowed talks both ways', async () => {
      const at = `${stage.outside}/host.sock`;
      const host = await listenOnHost(at);
      expect(await talk(at)).toBe('EACCES');
      expect(host.connections).toBe(0);
      expect(await talk(at, ['--allow-unix-socket', at])).toBe('host heard hello');
      expect(await probed(['connect', at], ['--allow-unix-socket', at])).not.toContain('EACCES');
      expect(host.connections).toBe(2);
    });

    it.each(['workspace', 'outside'] as const)(
      'of the host that appears in the %s while the command runs is refused',
      async (place) => {
        const at = `${stage[place]}/late.sock`;
        let host: HostListener | undefined;
        const heard = await talkAfter(at, async () => {
          host = await listenOnHost(at);
        });
        expect([heard, host?.connections]).toEqual(['EACCES', 0]);
      },
    );

    it.each(['workspace', 'outside'] as const)(
      'of the host that is moved into the %s while the command runs is refused',
      async (place) => {
        const host = await listenOnHost(`${stage.home}/moved.sock`);
        const at = `${stage[place]}/moved.sock`;
        const heard = await talkAfter(at, () => {
          renameSync(`${stage.home}/moved.sock`, at);
          return Promise.resolve();
        });
        expect([heard, host.connections]).toEqual(['EACCES', 0]);
      },
    );

    it('of the host that is allowed is reached again when its service is started anew, where the command cannot write', async () => {
      const at = `${stage.outside}/host.sock`;
      const first = await listenOnHost(at);
      let second: HostListener | undefined;
      const startAnew = async (): Promise<void> => {
        first.close();
        second = await listenOnHost(at);
      };
      expect(await talkAfter(at, startAnew, ['--allow-unix-socket', at])).toBe('host heard hello');
      expect(second?.connections).toBe(1);
    });

    it('of the host does not become an allowed one by its name, where the command can write', async () => {
      const at = `${stage.workspace}/allowed.sock`;
      const allowed = await listenOnHost(at);
      const host = await listenOnHost(`${stage.home}/host.sock`);
      const rename = (): Promise<void> => {
        renameSync(`${stage.home}/host.sock`, at);
        return Promise.resolve();
      };
      expect(await talkAfter(at, rename, ['--allow-unix-socket', at])).toBe('EACCES');
      expect([allowed.connections, host.connections]).toEqual([0, 0]);
    });

    it('that the command makes itself works by every name, and is gone when nobody listens', async () => {
      const long = 'd'.repeat(90);
      stage.plant({ 'sub/deep/': '', [`${long}/`]: '' });
      const script = `
        node=$1; talk=$2; shift 2
        "$node" -e 'require("node:net").createServer((s) => s.end("own")).listen("sub/own.sock", () => console.log("up"))' > up &
        server=$!
        until grep -q up up 2>/dev/null; do :; done
        ln -s own.sock sub/link; ln -s "$PWD/sub" direct; ln -s ../sub/link ${long}/back; ln sub/own.sock sub/hard
        cd sub/deep
        for at in ../own.sock "$PWD/../own.sock" ../link ../../direct/own.sock ../hard /proc/self/cwd/../own.sock ../../${long}/back; do
          "$node" -e "$talk" -- "$at"
        done
        mv ../own.sock ../renamed; "$node" -e "$talk" -- ../renamed
        "$node" -e "$talk" -- ../link; "$node" -e "$talk" -- ../renamed/; "$node" -e "$talk" -- ..
        kill $server; wait $server; "$node" -e "$talk" -- ../renamed
      `;
      const { output } = await stage.shell(script, withLauncher({ args: [process.execPath, TALK] }));
      const own = Array.from({ length: 8 }, () => 'own');
      expect(output.trim().split('\n')).toEqual([
        ...own,
        'ENOENT',
        'ENOTDIR',
        'ECONNREFUSED',
        'ECONNREFUSED',
      ]);
    });

    it('is found through a bind mount of the host', async () => {
      const at = `${stage.workspace}/own.sock`;
      stage.plant({ 'closed/': '' });
      const options = ['--deny-write', `${stage.workspace}/closed`];
      expect(await probed(['flip', at, `${stage.outside}/none`], options)).toContain('own reached');
    });

    it('of the host is not reached by a symbolic link to it', async () => {
      const host = await listenOnHost(`${stage.outside}/host.sock`);
      symlinkSync(`${stage.outside}/host.sock`, `${stage.workspace}/link`);
      expect(await talk('link')).toBe('EACCES');
      expect(host.connections).toBe(0);
    });

    it('by an abstract name is the network’s own: the command’s works, the host’s is not there', async () => {
      const name = `cordon-abstract-${String(process.pid)}`;
      const host = await listenOnHost(`\0${name}`);
      const script = `
        const net = require('node:net');
        const server = net.createServer((socket) => socket.end('own')).listen('\\0own', () => {
          net.connect('\\0own').on('data', (data) => {
            console.log('own', String(data));
            net.connect('\\0' + process.argv[1]).on('error', (error) => { console.log(error.code); server.close(); });
          });
        });
      `;
      const { output } = await stage.node(script, withLauncher({ args: [name] }));
      expect(output).toBe('own own\nECONNREFUSED\n');
      expect(host.connections).toBe(0);
    });

    it('is not reached while another thread changes the address', async () => {
      const at = `${stage.outside}/host.sock`;
      const host = await listenOnHost(at);
      expect(await probed(['flip', 'own.sock', at])).toBe('own reached, host refused\n');
      expect(host.connections).toBe(0);
    });

    it('is not reached while another thread changes the descriptor', async () => {
      const at = `${stage.outside}/host.sock`;
      const host = await listenOnHost(at);
      expect(await probed(['swap', at])).toBe('never\n');
      expect(host.connections).toBe(0);
    });

    it('that waits for its listener keeps nobody else waiting, and can be timed, interrupted and killed', async () => {
      expect(await probed(['queue', 'full.sock', 'other.sock'])).toBe(
        [
          'non-blocking: EAGAIN',
          'with a time limit: EAGAIN',
          'beside one that waits: works',
          'interrupted: EINTR',
          'killed: 15',
          '',
        ].join('\n'),
      );
    });

    it('is connected to by a hundred threads at once', async () => {
      expect(await probed(['crowd', 'own.sock'])).toBe('100\n');
    });

    it('that is misused fails as it does without a sandbox', async () => {
      const outside = spawnSync(probe, ['misuse', 'host.sock', 'own.sock'], { cwd: stage.workspace });
      unlinkSync(`${stage.workspace}/own.sock`);
      expect(await probed(['misuse', 'host.sock', 'own.sock'])).toBe(String(outside.stdout));
    });

    it('of a process that cannot be looked into is its own, or is refused', async () => {
      const at = `${stage.outside}/host.sock`;
      const host = await listenOnHost(at);
      expect(await probed(['undumpable', 'own.sock', 'own.sock'])).toMatch(/^works$|^EACCES$/mu);
      expect(await probed(['undumpable', 'own.sock', at])).toBe('EACCES\n');
      expect(host.connections).toBe(0);
    });

    it('of datagrams cannot be made, unless one of the host is allowed', async () => {
      expect(await probed(['make'])).toBe(
        [
          'stream: works, works',
          'seqpacket: works, works',
          'datagram: EACCES, EACCES',
          'raw: EACCES, EACCES',
          'internet datagram: works',
          '',
        ].join('\n'),
      );
    });

    it('of datagrams that is allowed hears what is sent in any way, and no other does', async () => {
      const [at, other] = [`${stage.outside}/log.sock`, `${stage.outside}/other.sock`];
      const [log, deaf] = [startReceiver(stage, at), startReceiver(stage, other)];
      expect([await log.firstLine, await deaf.firstLine]).toEqual(['ready', 'ready']);
      const options = ['--allow-unix-socket', at];
      expect(await probed(['send', at], options)).toBe(
        [
          ...['sendto: works', 'sendmsg: works', 'sendmmsg: works 8', 'connect: works', 'send: works'],
          ...['by a pair: works', ''],
        ].join('\n'),
      );
      expect(await probed(['send', other], options)).toBe(
        [
          ...[
            'sendto: EACCES',
            'sendmsg: EACCES',
            'sendmmsg: EACCES 0',
            'connect: EACCES',
            'by a pair: EACCES',
          ],
          '',
        ].join('\n'),
      );
      await probed(['send', 'own.sock'], options);
      expect(await heardBy(stage, log, at)).toBe('ready\nsendto\nsendmsg\nsendmmsg\nsend\npair\nend\n');
      expect(await heardBy(stage, deaf, other)).toBe('ready\nend\n');
    });

    it('of streams carries what sendmsg is given, where datagrams can be sent', async () => {
      const at = `${stage.outside}/log.sock`;
      const log = startReceiver(stage, at);
      expect(await log.firstLine).toBe('ready');
      expect(await probed(['streams'], ['--allow-unix-socket', at])).toBe(
        [
          'with a descriptor: works',
          'it is the same: yes',
          'with credentials: EPERM',
          'more than there is room for: 399999',
          'arrived: whole',
          'to nobody: signal 13',
          '',
        ].join('\n'),
      );
      await heardBy(stage, log, at);
    });
  });

  describeOnStage('TCP on the loopback', (stage) => {
    it('works blocking and not', async () => {
      const script = `
        const net = require('node:net');
        const server = net.createServer((socket) => socket.end('inside')).listen(0, '127.0.0.1', () => {
          const { port } = server.address();
          net.connect(port, '127.0.0.1').on('data', (data) => {
            console.log(String(data));
            const bash = 'exec 3<>/dev/tcp/127.0.0.1/' + port + '; cat <&3; exec 4<>/dev/tcp/127.0.0.1/1';
            require('node:child_process').execFile('bash', ['-c', bash], (error, out, said) => {
              console.log(out); console.log(/refused/.test(said)); server.close();
            });
          });
        });
      `;
      const { output } = await stage.node(script, { options: ['--launcher', launcher] });
      expect(output).toBe('inside\ninside\ntrue\n');
    });
  });
});

function startNode(stage: Stage, script: string, { args = [], ...more }: StageOptions): StartedProgram {
  return stage.start('exec "$@"', { ...more, args: [process.execPath, '-e', script, '--', ...args] });
}

/** A socket of datagrams on the host, the caller's own. */
function startReceiver({ caller, home }: Stage, at: string): StartedProgram {
  return startProgram([probe, 'receive', at], { caller, cwd: home, env: {} });
}

/** Everything that it has heard; it is told to end by one who sends from outside. */
async function heardBy({ caller, home }: Stage, receiver: StartedProgram, at: string): Promise<string> {
  const sender = startProgram([probe, 'end', at], { caller, cwd: home, env: {} });
  await sender.ended;
  return (await receiver.ended).output;
}
