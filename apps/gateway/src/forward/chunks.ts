import { BrokenAnswer } from './answer-head.ts'

const lineBytesMax = 512
const trailerBytesMax = 16_384
const sizeForm = /^[0-9A-Fa-f]{1,12}[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/

/**
 * Takes the frames off a chunked body (RFC 9112 section 7.1), however it is cut up on its way. Extensions of chunks are
 * not passed on, nor are trailer fields: whoever decides by a head must not be told something else after it.
 */
export class Chunks {
  /** What is expected next. */
  #next: 'size' | 'data' | 'data end' | 'trailer' = 'size'
  #leftBytes = 0
  #line = ''
  #trailerBytes = 0
  readonly #take: (data: Buffer) => void

  constructor(take: (data: Buffer) => void) {
    this.#take = take
  }

  /** Reads on; returns how many bytes were the body's where it is over with them, else -1. Throws `BrokenAnswer`. */
  read(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length) {
      if (this.#next === 'data') {
        const end = Math.min(bytes.length, at + this.#leftBytes)
        this.#take(bytes.subarray(at, end))
        this.#leftBytes -= end - at
        at = end
        if (this.#leftBytes === 0) this.#next = 'data end'
        continue
      }
      const end = bytes.indexOf(0x0a, at)
      this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end + 1)
      if (this.#line.length > lineBytesMax) throw new BrokenAnswer('a line between its chunks is too long')
      if (end === -1) return -1
      at = end + 1
      if (this.#endLine()) return at
    }
    return -1
  }

  /** Whether the body is over with it. */
  #endLine(): boolean {
    const line = this.#line
    this.#line = ''
    if (!line.endsWith('\r\n')) throw new BrokenAnswer('a line between its chunks ends as no line does')
    if (this.#next === 'size') {
      const text = line.slice(0, -2)
      if (!sizeForm.test(text)) throw new BrokenAnswer('a chunk has no size')
      this.#leftBytes = Number.parseInt(text, 16)
      this.#next = this.#leftBytes === 0 ? 'trailer' : 'data'
      return false
    }
    if (this.#next === 'trailer') {
      this.#trailerBytes += line.length
      if (this.#trailerBytes > trailerBytesMax) throw new BrokenAnswer('its trailer is too long')
      return line === '\r\n'
    }
    if (line !== '\r\n') throw new BrokenAnswer('a chunk is longer than it said')
    this.#next = 'size'
    return false
  }
}
