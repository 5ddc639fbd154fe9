import { type NetworkDenial } from './denial.js';

/**
 * What programs say when there is no network but the loopback interface: no name server answers, no route leads out. The texts
 * of EAI_AGAIN, EAI_NONAME (getaddrinfo(3)) and ENETUNREACH, and programs' own sentences.
 */
const UNREACHABLE =
  /\bcould not resolve (?:host|proxy)|\btemporary failure (?:in name resolution|resolving)\b|\bname or service not known\b|\bnodename nor servname provided\b|\bnetwork is unreachable\b|\bENETUNREACH\b|\bEAI_AGAIN\b|\bgetaddrinfo ENOTFOUND\b|\bunable to resolve host address\b|\bcould not translate host name\b|\bdial tcp: lookup\b|\bUnknownHostException\b|\bbad address ['‘]|\[errno -[23]\]/iu;

/** What curl says of a port without a listener as well as of no route: it counts with another machine's address. A name had to be resolved first. */
const NOT_CONNECTED = /\bcouldn't connect to server\b/iu;
const ADDRESS = /^(?:\d{1,3}\.[\d.]{5,11}|\[?[\da-f]{0,4}:[\da-f:.]{1,40}\]?)$/iu;

/** What stands before the host's name; the name is at most 253 characters (RFC 1035, section 2.3.4), a port comes on top. */
const TARGET =
  /(?:could not resolve (?:host(?:name)?|proxy):? |getaddrinfo (?:EAI_AGAIN|ENOTFOUND) |ENETUNREACH |: lookup |resolving '|host address [‘'"`]|translate host name "|failed to connect to |bad address ['‘]|UnknownHostException: |\(host='|\/dev\/tcp\/|\bdial (?:tcp|udp) )(?<target>[\w.\-:[\]]{1,260})/iu;

/** A host that speaks for itself: "bash: line 1: HOST: Temporary failure in name resolution". */
const HOST_NAME = /^[\w.-]{1,253}$/u;

const LOOPBACK = /^\[?(?:localhost|[\w.-]{1,240}\.localhost|127\.[\d.]{1,12}|::1)(?:\]|:\d{1,5}|$)/iu;

/**
 * Reads from one line that a connection failed for want of a network. A refused connection is none: where there is no
 * network, only this machine can refuse.
 *
 * @param line - bounded by `outputLines`.
 */
export function networkDenialOf(line: string): NetworkDenial | undefined {
  const certain = UNREACHABLE.exec(line);
  if (certain === null && !NOT_CONNECTED.test(line)) return undefined;
  const target = targetOf(line, certain?.index ?? 0);
  if (target !== undefined && LOOPBACK.test(target)) return undefined;
  if (certain === null && !ADDRESS.test(target ?? '')) return undefined;
  return {
    kind: 'network',
    target,
    certainty: 'likely',
    source: 'text',
    allowedBy: { flag: '--network', value: 'on' },
  };
}

function targetOf(line: string, phraseAt: number): string | undefined {
  const named = TARGET.exec(line)?.groups?.['target'];
  if (named !== undefined) return withoutTrailingMarks(named);
  const before = line.slice(0, phraseAt).split(': ').at(-2) ?? '';
  const isHost = before.includes('.') && HOST_NAME.test(before) && !/(?:error|exception)$/iu.test(before);
  return isHost ? before : undefined;
}

function withoutTrailingMarks(text: string): string {
  let end = text.length;
  while (end > 1 && '.:,-'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
