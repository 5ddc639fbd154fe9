import { describe, expect, it } from 'vitest';
import { classify, summaries } from './world.js';

const NO_NETWORK: readonly (readonly [program: string, output: string, target: string])[] = [
  ['curl', '  0     0    0     0\rcurl: (6) Could not resolve host: example.com', 'example.com'],
  [
    'curl with an address',
    "curl: (7) Failed to connect to 1.2.3.4 port 80 after 0 ms: Couldn't connect to server",
    '1.2.3.4',
  ],
  [
    'git',
    "fatal: unable to access 'https://example.com/a.git/': Could not resolve host: example.com",
    'example.com',
  ],
  ['ssh', 'ssh: Could not resolve hostname example.com: Temporary failure in name resolution', 'example.com'],
  ['wget', 'wget: unable to resolve host address ‘example.com’', 'example.com'],
  ['apt', "  Temporary failure resolving 'deb.example.org'", 'deb.example.org'],
  ['bash', 'bash: line 1: example.com: Temporary failure in name resolution', 'example.com'],
  ['bash with an address', 'bash: line 1: /dev/tcp/1.2.3.4/80: Network is unreachable', '1.2.3.4'],
  ['python', 'socket.gaierror: [Errno -3] Temporary failure in name resolution', '?'],
  ['python with an address', 'OSError: [Errno 101] Network is unreachable', '?'],
  [
    'requests',
    "HTTPSConnectionPool(host='pypi.example.org', port=443): Max retries exceeded (Caused by NewConnectionError('Failed to establish a new connection: [Errno -3] Temporary failure in name resolution'))",
    'pypi.example.org',
  ],
  ['node', 'Error: getaddrinfo EAI_AGAIN example.com', 'example.com'],
  ['node with an address', 'Error: connect ENETUNREACH 1.2.3.4:80 - Local (0.0.0.0:0)', '1.2.3.4:80'],
  [
    'npm',
    'npm error request to https://example.org/p failed, reason: getaddrinfo EAI_AGAIN example.org',
    'example.org',
  ],
  [
    'cargo',
    'warning: spurious network error: [6] Could not resolve hostname (Could not resolve host: index.example.io)',
    'index.example.io',
  ],
  ['rust', 'dns error: failed to lookup address information: Temporary failure in name resolution', '?'],
  [
    'go',
    'dial tcp: lookup proxy.example.org on [::1]:53: read udp [::1]:38041->[::1]:53: read: connection refused',
    'proxy.example.org',
  ],
  ['go with an address', 'dial tcp 1.2.3.4:443: connect: network is unreachable', '1.2.3.4:443'],
  [
    'psql',
    'could not translate host name "db.example.com" to address: Temporary failure in name resolution',
    'db.example.com',
  ],
  ['java', 'java.net.UnknownHostException: example.com', 'example.com'],
  ['java with an address', 'java.net.SocketException: Network is unreachable', '?'],
  ['busybox', "wget: bad address 'example.com'", 'example.com'],
];

const OWN_FAILURES: readonly (readonly [what: string, output: string])[] = [
  [
    'a port without a listener',
    "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server",
  ],
  [
    'a local name without a listener',
    "curl: (7) Failed to connect to localhost port 9 after 0 ms: Couldn't connect to server",
  ],
  ['IPv6 loopback', 'dial tcp [::1]:8080: connect: network is unreachable'],
  ['python on loopback', 'ConnectionRefusedError: [Errno 111] Connection refused'],
  [
    'requests on loopback',
    "HTTPConnectionPool(host='localhost', port=9): Failed to establish a new connection: [Errno 111] Connection refused",
  ],
  ['requests, refused', 'Failed to establish a new connection: [Errno 111] Connection refused'],
  ['curl on a socket', "curl: (7) Failed to connect to a port 80 after 0 ms: Couldn't connect to server"],
  ['EFAULT', 'read: Bad address'],
  ['a server’s answer', 'curl: (22) The requested URL returned error: 404'],
];

describe('network denials', () => {
  it.each(NO_NETWORK)('are read from what %s says', (_, output, target) => {
    expect(summaries(classify(output))).toEqual([`network ${target}`]);
  });

  it.each(NO_NETWORK)('are none while the network is enabled: %s', (_, output) => {
    expect(classify(output, { network: 'enabled' })).toEqual([]);
  });

  it.each(OWN_FAILURES)('are not seen in %s', (_, output) => {
    expect(classify(output)).toEqual([]);
  });

  it('are told once, by the name of the host where one is named', () => {
    const output = [
      'Error: Temporary failure in name resolution',
      'Could not resolve host: example.com',
      'curl: (6) Could not resolve host: example.com',
    ].join('\n');
    expect(summaries(classify(output))).toEqual(['network example.com']);
  });

  it('are likely, by text, and allowed by the network option', () => {
    expect(classify('Could not resolve host: example.com')).toEqual([
      {
        kind: 'network',
        target: 'example.com',
        certainty: 'likely',
        source: 'text',
        allowedBy: { flag: '--network', value: 'on' },
      },
    ]);
  });
});
