import { Transform, type TransformCallback } from 'node:stream';

/** How the launcher's own sentences begin; a command's output seldom does. */
const PREFIXES = ['bwrap: ', 'cordon-guard: ', 'cordon-launcher: '].map((text) =>
  Buffer.from(text, 'latin1'),
);

/** More than any sentence of the launcher; longer output is the command's. */
const MAX_HELD_BYTES = 64 * 1024;

/**
 * Tells the launcher's words from the command's on a stream that both write to. What begins like a sentence of the launcher is
 * held back until it is known whether the command ran; all else passes at once and unchanged.
 */
export class SetupMessages extends Transform {
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #decided = false;
  #whenDecided: TransformCallback | undefined;

  /** The command ran: what was held is its output. */
  releaseHeld(): void {
    if (this.#decided) return;
    this.#decide();
    for (const chunk of this.#held.splice(0)) this.push(chunk);
  }

  /** The command did not run: what was held, up to the end of the stream, is what the launcher said. */
  async takeHeld(): Promise<string> {
    if (!this.#decided && this.#whenDecided === undefined)
      await new Promise((resolve) => this.once('launcher-done', resolve));
    this.#decide();
    return Buffer.concat(this.#held.splice(0)).toString('utf8').trim();
  }

  /** Holds what may be the launcher's, passes everything else. */
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#decided) {
      done(null, chunk);
      return;
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_HELD_BYTES || !this.#mayBeLauncher()) this.releaseHeld();
    done();
  }

  /** The stream ends only when it is decided whose words were held. */
  override _flush(done: TransformCallback): void {
    if (this.#decided) done();
    else {
      this.#whenDecided = done;
      this.emit('launcher-done');
    }
  }

  #decide(): void {
    this.#decided = true;
    const done = this.#whenDecided;
    this.#whenDecided = undefined;
    if (done !== undefined) queueMicrotask(done);
  }

  #mayBeLauncher(): boolean {
    const start = Buffer.concat(this.#held).subarray(0, 32);
    return PREFIXES.some((prefix) => {
      const length = Math.min(prefix.length, start.length);
      return prefix.subarray(0, length).equals(start.subarray(0, length));
    });
  }
}
