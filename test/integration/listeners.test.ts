import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { until } from '../support/integration-until.js';
import { processExists } from '../support/integration-processes.js';
import { type StartedProgram, startProgram } from '../support/run-program.js';
import { type Stage, describeOnStage } from '../support/stage.js';

/**
 * What a script for a program that embeds the library may use. `get` is the command: it asks at a port of its own loopback and prints
 * what it is told. `serve` has a server answer there with a word and the path.
 */
const PRELUDE = `
  import { SandboxManager } from ${JSON.stringify(path.join(inject('installation'), 'dist/index.js'))};
  import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
  import http from 'node:http';
  import net from 'node:net';
  const node = (script, ...args) => [process.execPath, '-e', script, '--', ...args.map(String)];
  const GET = \`
    const [, host, ...ports] = process.argv;
    const ask = (port) => new Promise((done) => {
      require('node:http').get({ host, port, path: '/path', agent: false }, (answer) => {
        let said = '';
        answer.on('data', (data) => (said += data));
        answer.on('end', () => done(said));
      }).on('error', (error) => done(error.code));
    });
    (async () => { for (const port of ports) console.log(await ask(port)); })();\`;
  const get = (host, ...ports) => node(GET, host, ...ports);
  const LOOPBACK = '127.0.0.1';
  const collect = async (stream) => { let all = ''; for await (const piece of stream) all += piece; return all; };
  const spawn = async (argv, listeners, more) => {
    const running = await manager.spawn({ argv, listeners, profile: 'read-only', ...more });
    const said = Promise.all([collect(running.stdout), collect(running.stderr)]);
    return { running, listeners: running.listeners, said: said.then(([out, err]) => (out + err).trim()) };
  };
  const answering = (word) => http.createServer((request, answer) => answer.end(word + ' ' + request.url));
  const serve = (listener, word) => answering(word).listen(listener.server);
  const hostReaches = (port) => new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve('connected'); });
    socket.on('error', (error) => resolve(error.code));
  });
  const sockets = () => readdirSync('/proc/self/fd').filter((fd) => {
    try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket:'); } catch { return false; }
  }).length;
`;

/** A launcher, and a way by which listening sockets come. */
type Way = readonly [launcher: string, listenerWay: string];

/** Those that can. */
const WAYS: readonly Way[] = [
  ['builtin', 'channel'],
  ['builtin', 'relay'],
  ['zygote', 'channel'],
  ['zygote', 'relay'],
];

function start(stage: Stage, [launcher, listenerWay]: Way, script: string): StartedProgram {
  const manager = `const manager = new SandboxManager(${JSON.stringify({ launcher, listenerWay })});`;
  return startProgram([process.execPath, '--input-type=module', '-e', `${PRELUDE}${manager}${script}`], {
    caller: stage.caller,
    cwd: stage.workspace,
    env: { HOME: stage.home, PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
}

async function lines(stage: Stage, way: Way, script: string): Promise<readonly string[]> {
  const program = start(stage, way, script);
  program.firstLine.catch(() => undefined);
  const { code, output, stderr } = await program.ended;
  if (code !== 0) throw new Error(`the script failed: ${stderr}`);
  return output.trim().split('\n');
}

describeOnStage('A listening socket in a sandbox', (stage) => {
  test.each(WAYS)('is answered by a server of ours (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `for (const host of ['127.0.0.1', '::1']) {
         const { listeners, said } = await spawn(get(host, 3128), [{ port: 3128 }]);
         serve(listeners[0], 'ours');
         console.log(listeners[0].port, await said);
       }`,
    );
    expect(said).toEqual(['3128 ours /path', '3128 ours /path']);
  });

  test.each(WAYS)('is not there for a sandbox that has not asked (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const one = await spawn(['sh', '-c', 'read x'], [{ port: 3128 }]);
       serve(one.listeners[0], 'ours');
       const { listeners, said } = await spawn(get(LOOPBACK, 3128));
       console.log(listeners.length, await said);
       one.running.kill();`,
    );
    expect(said).toEqual(['0 ECONNREFUSED']);
  });

  test.each(WAYS)("does not listen on the host's own loopback (%s, %s)", async (...way) => {
    const said = await lines(
      stage,
      way,
      `const { running, listeners } = await spawn(['sh', '-c', 'read x'], [{ port: 0 }]);
       serve(listeners[0], 'ours');
       console.log(await hostReaches(listeners[0].port));
       const twin = answering('host').listen(0, '127.0.0.1');
       await new Promise((done) => twin.once('listening', done));
       console.log(await hostReaches(twin.address().port));
       twin.close();
       running.kill();`,
    );
    expect(said).toEqual(['ECONNREFUSED', 'connected']);
  });

  test.each(WAYS)('is answered apart from that of another sandbox (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const both = await Promise.all([1, 2].map(() => spawn(get(LOOPBACK, 3128), [{ port: 3128 }])));
       both.forEach(({ listeners }, index) => serve(listeners[0], 'server' + index));
       for (const { said } of both) console.log(await said);`,
    );
    expect(said).toEqual(['server0 /path', 'server1 /path']);
  });

  test.each(WAYS)('may be one of several, each with its port (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const wanted = [{ port: 3128 }, { port: 0 }, { port: 80 }];
       const { running, listeners } = await spawn(['sh', '-c', 'read x'], wanted);
       console.log(listeners.map(({ port }) => port > 0 && port).join(' '));
       running.kill();
       const two = await spawn(get(LOOPBACK, 3128, 80), [{ port: 80 }, { port: 3128 }]);
       two.listeners.forEach((listener) => serve(listener, 'port' + listener.port));
       console.log((await two.said).split('\\n').join(' '));`,
    );
    expect(said[0]).toMatch(/^3128 \d+ 80$/u);
    expect(said[1]).toBe('port3128 /path port80 /path');
  });

  test.each(WAYS)('lets connections wait until somebody answers (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const script = "const socket = require('node:net').connect(3128, '127.0.0.1', () => console.log('connected'));"
         + "socket.on('data', (data) => { console.log(String(data)); socket.end(); });";
       const running = await manager.spawn({ argv: node(script), profile: 'read-only', listeners: [{ port: 3128 }] });
       running.stderr.resume();
       let said = '';
       running.stdout.on('data', (data) => {
         said += data;
         if (said === 'connected\\n') net.createServer((socket) => socket.end('late')).listen(running.listeners[0].server);
       });
       await running.ended;
       console.log(said.trim().split('\\n').join(' '));`,
    );
    expect(said).toEqual(['connected late']);
  });

  test.each(WAYS)('passes 100 connections at once, 1 MiB each, both ways (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const script = \`
         const net = require('node:net'), { createHash } = require('node:crypto');
         let right = 0, left = 100;
         for (let i = 0; i < 100; i += 1) {
           const sent = Buffer.alloc(1 << 20, String(i));
           const hash = createHash('sha256');
           const socket = net.connect(3128, '127.0.0.1');
           socket.on('error', (error) => console.log(error.code));
           socket.on('data', (data) => hash.update(data));
           socket.on('close', () => {
             right += Number(hash.digest('hex') === createHash('sha256').update(sent).digest('hex'));
             if ((left -= 1) === 0) console.log(right);
           });
           socket.end(sent);
         }\`;
       const { listeners, said } = await spawn(node(script), [{ port: 3128 }]);
       net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(listeners[0].server);
       console.log(await said);`,
    );
    expect(said).toEqual(['100']);
  });

  test.each(WAYS)('keeps a half of a connection open (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const script = "const socket = require('node:net').connect({ port: 3128, host: '127.0.0.1', allowHalfOpen: true });"
         + "socket.end('question'); socket.on('data', (data) => console.log(String(data)));";
       const { listeners, said } = await spawn(node(script), [{ port: 3128 }]);
       const server = net.createServer({ allowHalfOpen: true }, (socket) => {
         let question = '';
         socket.on('data', (data) => (question += data));
         socket.on('end', () => socket.end('answer to ' + question));
       });
       server.listen(listeners[0].server);
       console.log(await said);`,
    );
    expect(said).toEqual(['answer to question']);
  });

  test.each(WAYS)(
    'holds a writer back whose reader does not read, and loses nothing (%s, %s)',
    async (...way) => {
      const said = await lines(
        stage,
        way,
        `const script = \`
         const net = require('node:net');
         let isWritten = false, left = 100;
         const writer = net.connect(3128, '127.0.0.1');
         writer.end(Buffer.alloc(64 << 20), () => (isWritten = true));
         writer.on('data', (data) => console.log(String(data)));
         const other = net.connect(8080, '127.0.0.1', () => other.write('.'));
         other.on('data', () => {
           if ((left -= 1) > 0) { other.write('.'); return; }
           console.log(isWritten);
           other.end();
         });\`;
       const { listeners, said } = await spawn(node(script), [{ port: 3128 }, { port: 8080 }]);
       let held;
       net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => (held = socket)).listen(listeners[0].server);
       net.createServer((socket) => {
         socket.pipe(socket);
         socket.on('end', () => {
           let total = 0;
           held.on('data', (data) => (total += data.length));
           held.on('end', () => held.end(String(total)));
           held.resume();
         });
       }).listen(listeners[1].server);
       console.log((await said).split('\\n').join(' '));`,
      );
      expect(said).toEqual([`false ${String(64 << 20)}`]);
    },
  );

  test.each(WAYS)('cannot be taken by the command (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const script = "const net = require('node:net');"
         + "for (const host of ['127.0.0.1', '::1', '0.0.0.0', '::']) net.createServer().on('error', (error) => console.log(error.code))"
         + ".listen(Number(process.argv[1]), host, function () { console.log('taken'); this.close(); });";
       for (const listeners of [[{ port: 3128 }], []]) {
         const { said } = await spawn(node(script, 3128), listeners);
         console.log([...new Set((await said).split('\\n'))].sort().join(' '));
       }`,
    );
    expect(said[0]).toBe('EADDRINUSE');
    expect(said[1]).toMatch(/taken$/u);
  });

  test.each(WAYS)('leaves the command no descriptor and no variable (%s, %s)', async (...way) => {
    const script = 'ls /proc/self/fd | tr "\\n" " "; ls /proc | grep -c "^[0-9]"; env | grep -c NODE_CHANNEL';
    const said = await lines(
      stage,
      way,
      `for (const listeners of [[{ port: 3128 }], []]) {
         const { said } = await spawn(['sh', '-c', ${JSON.stringify(script)}], listeners);
         console.log((await said).split('\\n').join(' '));
       }`,
    );
    expect(said[0]).toBe(said[1]);
    expect(said[0]).toMatch(/^0 1 2 3 \d 0$/u);
  });

  test.each(WAYS)(
    'is dead when the sandbox has ended, however, and nothing is left (%s, %s)',
    async (...way) => {
      const said = await lines(
        stage,
        way,
        `const run = async (end) => {
         const { running, listeners } = await spawn(['sh', '-c', 'read x'], [{ port: 3128 }]);
         const server = serve(listeners[0], 'ours');
         await new Promise((done) => server.once('listening', done));
         await end(running);
         await running.ended;
       };
       await run((running) => running.kill());
       const open = sockets();
       for (let i = 0; i < 10; i += 1) {
         await run((running) => running.kill());
         await run((running) => running.stdin.end('x\\n'));
       }
       /* A helper tells of the end of its command before its own. */
       while (sockets() > open) await new Promise((done) => setTimeout(done, 10));
       console.log('none');
       const state = process.env.HOME + '/.local/state/cordon';
       console.log(readdirSync(state).filter((name) => name.startsWith('listen-')).length);`,
      );
      expect(said).toEqual(['none', '0']);
    },
  );

  test.each(WAYS)('ends with our process, and so does all that served it (%s, %s)', async (...way) => {
    const program = start(
      stage,
      way,
      `const { running, listeners } = await spawn(['sh', '-c', 'echo; read x'], [{ port: 3128 }]);
       serve(listeners[0], 'ours');
       const all = (pid) => readFileSync('/proc/' + pid + '/task/' + pid + '/children', 'utf8').trim().split(' ')
         .filter(Boolean).flatMap((child) => [child, ...all(child)]);
       console.log(all(process.pid).join(' '));
       setInterval(() => {}, 1e6);`,
    );
    const pids = (await program.firstLine).split(' ').map(Number);
    expect(pids.filter(processExists).length).toBeGreaterThan(1);
    program.child.kill('SIGKILL');
    await until('all have ended', () => !pids.some(processExists));
  });

  test.each(WAYS)('is an error where it cannot be, and the command does not run (%s, %s)', async (...way) => {
    const said = await lines(
      stage,
      way,
      `const code = (options, more) => new SandboxManager({ ...${JSON.stringify({ launcher: way[0], listenerWay: way[1] })}, ...options })
         .run({ argv: ['touch', 'ran'], listeners: [{ port: 3128 }], ...more }).then((end) => end.exitCode, (error) => error.code);
       const overlay = { entries: [], network: 'enabled' };
       console.log(await code({}, { listeners: [{ port: 3128 }, { port: 3128 }] }));
       console.log(await code({}, { overlay }));
       console.log(await code({}, { profile: 'danger-full-access' }));
       console.log(await code({ launcher: 'bwrap' }));
       console.log(await code({}, { listeners: [{ port: 65536 }] }));
       console.log(readdirSync('.').includes('ran'));
       console.log(await code({ launcher: 'auto' }), readdirSync('.').includes('ran'));
       console.log(await code({ launcher: 'bwrap' }, { listeners: [] }));`,
    );
    const refused = 'listener-unavailable';
    expect(said).toEqual([refused, refused, refused, refused, 'usage-invalid', 'false', '0 true', '0']);
  });

  test('comes by a way that is found out, where none is named', async () => {
    const said = await lines(
      stage,
      ['zygote', 'auto'],
      `const { listeners, said } = await spawn(get(LOOPBACK, 3128), [{ port: 3128 }]);
       serve(listeners[0], 'ours');
       console.log(await said, 'path' in listeners[0].server);`,
    );
    expect(said).toEqual(['ours /path false']);
  });
});
