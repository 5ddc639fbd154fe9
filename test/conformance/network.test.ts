import { chmodSync, chownSync, linkSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeOnStage } from '../support/stage.js';

/** Connects as its word says, in JSON, and prints what it reads or the name of the error. */
const CONNECT = `
const options = JSON.parse(process.argv[1]);
if (options.abstract) options.path = '\\0' + options.abstract;
const socket = require('node:net').connect(options);
socket.on('data', (data) => { console.log(String(data)); process.exit(0); });
socket.on('error', (error) => { console.log(error.code); process.exit(1); });
`;

/** Listens as its word says, connects to itself, and prints what it reads. */
const TALK_TO_ONESELF = `
const net = require('node:net');
const options = JSON.parse(process.argv[1]);
const server = net.createServer((socket) => socket.end('inside'));
server.listen({ port: options.path ? undefined : 0, ...options }, () => {
  const address = server.address();
  const client = net.connect(typeof address === 'string' ? { path: address } : { host: options.host, port: address.port });
  client.on('data', (data) => { console.log(String(data)); process.exit(0); });
});
server.on('error', (error) => { console.log(error.code); process.exit(1); });
`;

/** Sends one datagram out, and prints "sent" or the name of the error. */
const SEND_DATAGRAM = `
const socket = require('node:dgram').createSocket('udp4');
socket.send('x', 9, '192.0.2.1', (error) => { console.log(error ? error.code : 'sent'); process.exit(0); });
`;

describeOnStage('the network', (stage) => {
  const servers: Server[] = [];
  const directories: string[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });

  /** A listener on the host that says "host" to everyone. */
  async function listenOnHost(
    where: { readonly path: string } | { readonly host: string; readonly port: 0 },
  ): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('host');
    });
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
    if ('path' in where && !where.path.startsWith('\0')) chmodSync(where.path, 0o777);
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async function connect(to: object, options: readonly string[] = []): Promise<string> {
    const { output } = await stage.node(CONNECT, { options, args: [JSON.stringify(to)] });
    return output.trim();
  }

  it('that is off does not reach a listener on the host, and that is on does', async () => {
    const port = await listenOnHost({ host: '127.0.0.1', port: 0 });
    const to = { host: '127.0.0.1', port };
    expect(await connect(to)).toBe('ECONNREFUSED');
    expect(await connect(to, ['--network=off'])).toBe('ECONNREFUSED');
    expect(await connect(to, ['--network=on'])).toBe('host');
  });

  it.each(['read-only', 'strict', 'workspace-write'])('is off in the profile %s', async (profile) => {
    const port = await listenOnHost({ host: '127.0.0.1', port: 0 });
    expect(await connect({ host: '127.0.0.1', port }, [`--profile=${profile}`])).toBe('ECONNREFUSED');
  });

  it('that is off has no way out', async () => {
    expect(await connect({ host: '192.0.2.1', port: 9 })).toBe('ENETUNREACH');
    expect((await stage.node(SEND_DATAGRAM)).output).toBe('ENETUNREACH\n');
  });

  it('that is off has one interface, the loopback', async () => {
    const { output } = await stage.shell("sed -n '3,$s/:.*//p' /proc/net/dev | tr -d ' '");
    expect(output).toBe('lo\n');
  });

  it.each([{ host: '127.0.0.1' }, { host: '::1' }])(
    'that is off lets a command talk to itself at $host',
    async (where) => {
      expect((await stage.node(TALK_TO_ONESELF, { args: [JSON.stringify(where)] })).output).toBe('inside\n');
    },
  );

  it('has no part in a Unix socket that the command makes and uses itself', async () => {
    const args = [JSON.stringify({ path: 'own.sock' })];
    expect((await stage.node(TALK_TO_ONESELF, { args })).output).toBe('inside\n');
  });

  it('that is off does not reach an abstract socket of the host', async () => {
    const name = `cordon-stage-${String(process.pid)}`;
    await listenOnHost({ path: `\0${name}` });
    expect(await connect({ abstract: name })).toBe('ECONNREFUSED');
  });

  it.each(['off', 'on'])(
    'that is %s does not open a Unix socket of the host in the workspace',
    async (network) => {
      await listenOnHost({ path: `${stage.workspace}/host.sock` });
      const to = { path: `${stage.workspace}/host.sock` };
      expect(await connect(to, [`--network=${network}`])).not.toBe('host');
      expect(await connect(to, [`--network=${network}`, `--allow-unix-socket=host.sock`])).toBe('host');
    },
  );

  it('does not open a Unix socket of the host in /tmp, unless it is allowed by name', async () => {
    const directory = mkdtempSync('/tmp/cordon-stage-');
    directories.push(directory);
    chmodSync(directory, 0o777);
    const to = { path: `${directory}/host.sock` };
    await listenOnHost(to);
    expect(await connect(to)).not.toBe('host');
    expect(await connect(to, [`--allow-unix-socket=${to.path}`])).toBe('host');
  });

  it('does not open a Unix socket of the host outside of what is writable', async () => {
    const to = { path: `${stage.outside}/host.sock` };
    await listenOnHost(to);
    expect(await connect(to)).not.toBe('host');
    expect(await connect({ path: '../outside/host.sock' })).not.toBe('host');
    expect(await connect(to, [`--allow-unix-socket=${to.path}`])).toBe('host');
  });

  it('lets commands run beside a socket in a directory of another user that nobody else may enter', async () => {
    const directory = mkdtempSync('/var/tmp/cordon-stage-');
    directories.push(directory);
    const to = { path: `${directory}/host.sock` };
    await listenOnHost(to);
    chmodSync(directory, 0o700);
    chownSync(directory, 54_322, 54_322);
    expect(await connect(to)).toBe('EACCES');
    chmodSync(directory, 0o755);
    expect(await connect(to)).not.toBe('host');
    expect(await connect(to, [`--allow-unix-socket=${to.path}`])).toBe('host');
  });

  it('does not open a Unix socket through a symbolic link or a new name', async () => {
    await listenOnHost({ path: `${stage.workspace}/host.sock` });
    const script = 'ln -s host.sock link; ln host.sock hard; mv host.sock moved; ls; exec "$@"';
    for (const path of ['link', 'hard', 'moved']) {
      const args = [process.execPath, '-e', CONNECT, '--', JSON.stringify({ path })];
      expect((await stage.shell(script, { args })).output).not.toContain('host\n\n');
      expect((await stage.shell(script, { args })).output.split('\n')).not.toContain('host');
    }
  });

  /** By a relative path, in the workspace. */
  async function listenInWorkspace(name: string): Promise<void> {
    const home = process.cwd();
    process.chdir(stage.workspace);
    try {
      await listenOnHost({ path: name });
    } finally {
      process.chdir(home);
    }
  }

  it('does not open a Unix socket that the host bound by a relative path', async () => {
    await listenInWorkspace('relative.sock');
    expect(await connect({ path: 'relative.sock' })).not.toBe('host');
  });

  describe.each([
    ['renamed', renameSync],
    ['given another name by a hard link', linkSync],
  ])('and a Unix socket of the host that was %s after it was bound', (_how, change) => {
    it('does not open it where the command may read, unless it is allowed by its new name', async () => {
      const to = { path: `${stage.outside}/new.sock` };
      await listenOnHost({ path: `${stage.outside}/host.sock` });
      change(`${stage.outside}/host.sock`, to.path);
      expect(await connect(to)).not.toBe('host');
      expect(await connect(to, [`--allow-unix-socket=${to.path}`])).toBe('host');
    });

    it('does not open it in the workspace, unless it is allowed, wherever it was bound', async () => {
      const to = { path: `${stage.workspace}/new.sock` };
      await listenOnHost({ path: `${stage.outside}/host.sock` });
      change(`${stage.outside}/host.sock`, to.path);
      expect(await connect(to)).not.toBe('host');
      expect(await connect({ path: 'new.sock' }, ['--allow-unix-socket=new.sock'])).toBe('host');
    });

    it('does not open it in another directory that the command may write, unless it is allowed', async () => {
      stage.plantOutside({ 'open/': '', 'bound/': '' });
      const to = { path: `${stage.outside}/open/new.sock` };
      await listenOnHost({ path: `${stage.outside}/bound/host.sock` });
      change(`${stage.outside}/bound/host.sock`, to.path);
      const options = [`--allow-write=${stage.outside}/open`];
      expect(await connect(to, options)).not.toBe('host');
      expect(await connect(to, [...options, `--allow-unix-socket=${to.path}`])).toBe('host');
    });

    it('does not open it in the workspace where it was bound by a relative path', async () => {
      await listenInWorkspace('relative.sock');
      change(`${stage.workspace}/relative.sock`, `${stage.workspace}/new.sock`);
      expect(await connect({ path: 'new.sock' })).not.toBe('host');
      expect(await connect({ path: 'new.sock' }, ['--allow-unix-socket=new.sock'])).toBe('host');
    });
  });

  it('opens the one name of a Unix socket of the host that is allowed, and not its other', async () => {
    await listenOnHost({ path: `${stage.workspace}/host.sock` });
    linkSync(`${stage.workspace}/host.sock`, `${stage.workspace}/new.sock`);
    const options = ['--allow-unix-socket=new.sock'];
    expect(await connect({ path: 'new.sock' }, options)).toBe('host');
    expect(await connect({ path: 'host.sock' }, options)).not.toBe('host');
  });

  it.runIf(process.getuid?.() === 0)(
    'hides the sockets of /run, and shows the one that is allowed',
    async () => {
      const directory = mkdtempSync('/run/cordon-stage-');
      directories.push(directory);
      chmodSync(directory, 0o755);
      const to = { path: `${directory}/host.sock` };
      await listenOnHost(to);
      await listenOnHost({ path: `${directory}/other.sock` });
      const listing = `ls -d ${directory}; ls -A /run /var/run`;
      expect((await stage.shell(listing)).output).not.toContain('cordon-stage');
      expect(await connect(to)).not.toBe('host');
      const allowed = [`--allow-unix-socket=${to.path}`];
      expect(await connect(to, allowed)).toBe('host');
      expect(await connect({ path: `${directory}/other.sock` }, allowed)).not.toBe('host');
    },
  );
});
