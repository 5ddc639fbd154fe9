/** How much output is kept when nobody says otherwise, in bytes: what a retained process may cost, half head, half tail. */
export const DEFAULT_OUTPUT_LIMIT = 1024 * 1024;

/** What a {@link BoundedOutput} holds at one moment. */
export interface OutputSnapshot {
  /** The head and, right behind it, the tail; a copy. */
  readonly bytes: Uint8Array;
  /** How many of `bytes` are the head: whatever was dropped stood here. */
  readonly headBytes: number;
  readonly totalBytes: number;
  readonly droppedBytes: number;
  readonly truncated: boolean;
}

/**
 * Keeps the first and the last bytes of a stream and counts the rest. Memory never passes the limit, however much is
 * written in whatever pieces, and each byte is copied a bounded number of times.
 */
export class BoundedOutput {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  #head = new Uint8Array(0);
  #headLength = 0;
  /** A ring: byte number n of the tail stands at n modulo the limit. It grows up to the limit before it first wraps. */
  #tail = new Uint8Array(0);
  /** Bytes that went to the tail, those overwritten since included. */
  #tailWritten = 0;

  /**
   * @param limitBytes - how many bytes are kept, at least 1: half head (rounded down), the rest tail.
   * @throws TypeError when the limit is no such number.
   */
  constructor(limitBytes: number = DEFAULT_OUTPUT_LIMIT) {
    if (!Number.isSafeInteger(limitBytes) || limitBytes < 1) {
      throw new TypeError(`Expected limitBytes to be an integer of at least 1, got ${String(limitBytes)}`);
    }
    this.#headLimit = Math.floor(limitBytes / 2);
    this.#tailLimit = limitBytes - this.#headLimit;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @param bytes - copied; the caller may reuse them.
   */
  append(bytes: Uint8Array): void {
    const toHead = Math.min(bytes.length, this.#headLimit - this.#headLength);
    if (toHead > 0) this.#appendHead(bytes.subarray(0, toHead));
    if (toHead < bytes.length) this.#appendTail(bytes.subarray(toHead));
  }

  /** What is kept now. */
  snapshot(): OutputSnapshot {
    const tail = this.#tailInOrder();
    const bytes = new Uint8Array(this.#headLength + tail.length);
    bytes.set(this.#head.subarray(0, this.#headLength));
    bytes.set(tail, this.#headLength);
    const droppedBytes = this.#tailWritten - tail.length;
    return {
      bytes,
      headBytes: this.#headLength,
      totalBytes: this.#headLength + this.#tailWritten,
      droppedBytes,
      truncated: droppedBytes > 0,
    };
  }

  /** What is kept, as UTF-8 text; a line between head and tail says how much is missing. */
  text(): string {
    return textOf(this.snapshot());
  }

  #appendHead(bytes: Uint8Array): void {
    this.#head = grown(this.#head, this.#headLength + bytes.length, this.#headLimit);
    this.#head.set(bytes, this.#headLength);
    this.#headLength += bytes.length;
  }

  #appendTail(bytes: Uint8Array): void {
    const skipped = Math.max(0, bytes.length - this.#tailLimit);
    this.#tail = grown(
      this.#tail,
      Math.min(this.#tailWritten + bytes.length, this.#tailLimit),
      this.#tailLimit,
    );
    this.#tailWritten += skipped;
    const kept = bytes.subarray(skipped);
    const at = this.#tailWritten % this.#tailLimit;
    const untilWrap = Math.min(kept.length, this.#tailLimit - at);
    this.#tail.set(kept.subarray(0, untilWrap), at);
    this.#tail.set(kept.subarray(untilWrap), 0);
    this.#tailWritten += kept.length;
  }

  #tailInOrder(): Uint8Array {
    if (this.#tailWritten <= this.#tailLimit) return this.#tail.subarray(0, this.#tailWritten);
    const oldest = this.#tailWritten % this.#tailLimit;
    const ordered = new Uint8Array(this.#tailLimit);
    ordered.set(this.#tail.subarray(oldest));
    ordered.set(this.#tail.subarray(0, oldest), this.#tailLimit - oldest);
    return ordered;
  }
}

/** At least `needed` long; doubled, so that many small pieces cost no more than a few copies. */
function grown(buffer: Uint8Array<ArrayBuffer>, needed: number, limit: number): Uint8Array<ArrayBuffer> {
  if (needed <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.min(limit, Math.max(needed, buffer.length * 2, 1024)));
  larger.set(buffer);
  return larger;
}

function textOf(snapshot: OutputSnapshot): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  if (!snapshot.truncated) return decoder.decode(snapshot.bytes);
  // A character cut in two by the gap is left out: streaming holds back the unfinished one at the head's end.
  const head = decoder.decode(snapshot.bytes.subarray(0, snapshot.headBytes), { stream: true });
  const tail = snapshot.bytes.subarray(snapshot.headBytes);
  const tailText = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    tail.subarray(startOfCharacter(tail)),
  );
  return `${head}\n[... ${String(snapshot.droppedBytes)} bytes left out ...]\n${tailText}`;
}

/** Where the first whole UTF-8 character begins; a character has at most three continuation bytes, 10xxxxxx. */
function startOfCharacter(bytes: Uint8Array): number {
  for (let at = 0; at < 3; at++) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return at;
  }
  return Math.min(3, bytes.length);
}
