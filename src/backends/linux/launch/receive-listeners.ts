import { CordonError } from '../../../errors/cordon-error.js';
import { type ListenerReception, type SandboxListener } from '../../../process/listener-reception.js';

/** Milliseconds until a listening socket that was opened is given up for lost: it was sent before the command was started. */
const PATIENCE_MS = 10_000;

/**
 * Waits for the listening sockets of a sandbox whose command has been started.
 *
 * @param reception - takes them; undefined: none were asked for.
 * @throws CordonError `listener-unavailable` when one does not come.
 */
export async function receiveListeners(
  reception: ListenerReception | undefined,
): Promise<readonly SandboxListener[]> {
  if (reception === undefined) return [];
  let timer: NodeJS.Timeout | undefined;
  const isLost = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new CordonError('listener-unavailable', 'A listening socket of the sandbox did not arrive'));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([reception.listeners, isLost]);
  } finally {
    clearTimeout(timer);
  }
}
