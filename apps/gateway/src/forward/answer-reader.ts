import { BrokenAnswer, chunked, readAnswerHead, untilClose, type AnswerHead } from './answer-head.ts'
import { Chunks } from './chunks.ts'

const headBytesMax = 32_768
/** Up to here a body goes out as text, in one write with its head: two cost a tenth more. */
const smallBytesMax = 8_192
const endOfHead = '\r\n\r\n'

/** What is done with an answer as it comes in. Buffers are its own to keep. */
export type AnswerTaker = {
  /**
   * The head, and the body with it where all of it is there, as latin1 text (which keeps every byte) where it is small;
   * then there is nothing more to come.
   */
  onHead(head: AnswerHead, whole: Buffer | string | undefined): void
  onBody(data: Buffer): void
  onEnd(): void
}

const nothing = Buffer.alloc(0)

/**
 * Reads one answer of HTTP/1.1 from the bytes of a connection, which belong to somebody else: what is kept is copied.
 * Interim answers (1xx) are skipped.
 */
export class AnswerReader {
  readonly #taker: AnswerTaker
  readonly #isForHead: boolean
  #head: AnswerHead | undefined
  /** The beginning of a head that is not all there. */
  #begun: Buffer = nothing
  #leftBytes = 0
  #chunks: Chunks | undefined
  #isOver = false

  constructor(taker: AnswerTaker, isForHead: boolean) {
    this.#taker = taker
    this.#isForHead = isForHead
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get head(): AnswerHead | undefined {
    return this.#head
  }

  /** Takes what came in; returns how much of it was this answer's. Throws `BrokenAnswer`. */
  read(bytes: Buffer): number {
    return this.#head === undefined ? this.#readHead(bytes) : this.#readBody(bytes, 0)
  }

  /** The connection is closed; throws where that is not the end of the answer. */
  end(): void {
    if (this.#isOver) return
    if (this.#head?.bodyBytes !== untilClose) throw new BrokenAnswer('the connection was closed before its end')
    this.#isOver = true
    this.#taker.onEnd()
  }

  #readHead(bytes: Buffer): number {
    const before = this.#begun.length
    const all = before === 0 ? bytes : Buffer.concat([this.#begun, bytes])
    let from = 0
    for (;;) {
      const text = all.toString('latin1', from, Math.min(all.length, from + headBytesMax))
      const end = text.indexOf(endOfHead)
      if (end === -1) {
        if (text.length === headBytesMax) throw new BrokenAnswer('its head is too long')
        this.#begun = Buffer.from(all.subarray(from))
        return bytes.length
      }
      const head = readAnswerHead(text.slice(0, end + 2), this.#isForHead)
      from += end + endOfHead.length
      if (head.status === 101) throw new BrokenAnswer('it changes to a protocol that nobody asked for')
      if (head.status < 200) continue
      this.#begun = nothing
      this.#begin(head, all, from, text.slice(end + endOfHead.length))
      return this.#readBody(all, from) - before
    }
  }

  /** `text` is what is read already from there on. */
  #begin(head: AnswerHead, bytes: Buffer, at: number, text: string): void {
    this.#head = head
    const { bodyBytes } = head
    if (bodyBytes >= 0 && bytes.length - at >= bodyBytes) {
      this.#isOver = true
      const end = at + bodyBytes
      if (bodyBytes > smallBytesMax) return this.#taker.onHead(head, Buffer.from(bytes.subarray(at, end)))
      const isRead = text.length >= bodyBytes
      return this.#taker.onHead(head, isRead ? text.slice(0, bodyBytes) : bytes.toString('latin1', at, end))
    }
    if (head.bodyBytes === chunked) this.#chunks = new Chunks((data) => this.#taker.onBody(Buffer.from(data)))
    this.#leftBytes = head.bodyBytes
    this.#taker.onHead(head, undefined)
  }

  #readBody(bytes: Buffer, from: number): number {
    if (this.#isOver) return from + Math.max(0, this.#head?.bodyBytes ?? 0)
    if (this.#chunks !== undefined) {
      const read = this.#chunks.read(from === 0 ? bytes : bytes.subarray(from))
      if (read === -1) return bytes.length
      this.#isOver = true
      this.#taker.onEnd()
      return from + read
    }
    const end = this.#head?.bodyBytes === untilClose ? bytes.length : Math.min(bytes.length, from + this.#leftBytes)
    if (end > from) this.#taker.onBody(Buffer.from(bytes.subarray(from, end)))
    this.#leftBytes -= end - from
    if (this.#head?.bodyBytes === untilClose || this.#leftBytes > 0) return end
    this.#isOver = true
    this.#taker.onEnd()
    return end
  }
}
