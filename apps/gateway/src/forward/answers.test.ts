import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerHead } from './answer-head.ts'
import { AnswerReader } from './answer-reader.ts'

type Read = { head: AnswerHead | undefined; body: string; isOver: boolean; left: number }

/** Reads the bytes in pieces, whose buffer is used again as a connection's is. */
function read(bytes: Buffer, cuts: readonly number[], { isForHead = false, isClosed = true } = {}): Read {
  const parts: Buffer[] = []
  let head: AnswerHead | undefined
  const reader = new AnswerReader(
    {
      onHead(given, whole) {
        head = given
        if (whole !== undefined) parts.push(typeof whole === 'string' ? Buffer.from(whole, 'latin1') : whole)
      },
      onBody: (data) => void parts.push(data),
      onEnd: () => undefined,
    },
    isForHead,
  )
  const shared = Buffer.alloc(bytes.length)
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  let from = 0
  let left = 0
  for (const end of [...ends, bytes.length]) {
    const length = bytes.copy(shared, 0, from, end)
    if (length > 0 && reader.isOver) left += length
    else if (length > 0) left += length - reader.read(shared.subarray(0, length))
    shared.fill('!')
    from = end
  }
  if (isClosed) reader.end()
  return { head, body: Buffer.concat(parts).toString('latin1'), isOver: reader.isOver, left }
}

const readText = (text: string, options = {}): Read => read(Buffer.from(text, 'latin1'), [], options)

const bodies = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes))
const cuts = fc.array(fc.nat(6_000), { maxLength: 12 })
const framings = fc.constantFrom('length', 'chunked', 'close')

function framed(body: Buffer, framing: string, sizes: readonly number[]): Buffer {
  const head = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-A:  b \r\n'
  if (framing === 'close') return Buffer.concat([Buffer.from(`${head}\r\n`), body])
  if (framing === 'length') return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body])
  const chunks: Buffer[] = []
  for (let at = 0, turn = 0; at < body.length; turn++) {
    const data = body.subarray(at, at + 1 + (sizes[turn % (sizes.length || 1)] ?? 700))
    chunks.push(Buffer.from(`${data.length.toString(16)};ext="1"\r\n`), data, Buffer.from('\r\n'))
    at += data.length
  }
  const end = Buffer.from('0\r\nX-Trailer: dropped\r\n\r\n')
  return Buffer.concat([Buffer.from(`${head}Transfer-Encoding: Chunked\r\n\r\n`), ...chunks, end])
}

describe('the answer of a service', () => {
  it('is the same however it is cut up on its way', () => {
    fc.assert(
      fc.property(bodies, framings, cuts, fc.array(fc.nat(900), { maxLength: 5 }), (body, framing, at, sizes) => {
        const answer = read(framed(body, framing, sizes), at)
        expect(answer.body).toBe(body.toString('latin1'))
        expect(answer).toMatchObject({ isOver: true, left: 0, head: { status: 200 } })
        expect(answer.head?.headers.slice(0, 2)).toEqual(['x-a', 'b'])
      }),
      { numRuns: 400 },
    )
  })

  it('ends where it ends, and what follows is not its own', () => {
    fc.assert(
      fc.property(bodies, fc.constantFrom('length', 'chunked'), (body, framing) => {
        const extra = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')
        const answer = read(Buffer.concat([framed(body, framing, [100]), extra]), [])
        expect([answer.body, answer.left]).toEqual([body.toString('latin1'), extra.length])
      }),
      { numRuns: 100 },
    )
  })

  it('never reads on, and never throws anything but BrokenAnswer, whatever comes', () => {
    const noise = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(Buffer.from('\r\n0\r\n\r\n')))
    fc.assert(
      fc.property(bodies, framings, noise, fc.nat(4_000), cuts, (body, framing, bytes, place, at) => {
        const whole = framed(body, framing, [300])
        const spot = place % whole.length
        const broken = Buffer.concat([whole.subarray(0, spot), bytes, whole.subarray(spot + bytes.length)])
        try {
          const answer = read(broken, at)
          expect(answer.isOver).toBe(true)
        } catch (error) {
          expect((error as Error).name).toBe('BrokenAnswer')
        }
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    ['no status line', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\nx'],
    ['a signed length', 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\nx'],
    ['a length beside a transfer coding', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['an unknown transfer coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
    ['two transfer codings', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a folded field', 'HTTP/1.1 200 OK\r\nx-a: b\r\n c: d\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\nx'],
    ['a field without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a field without a colon', 'HTTP/1.1 200 OK\r\nx-a\r\nx-b: 1\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\r\nx-a: b\nset-cookie: c\r\n\r\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nx-a: b\rc\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nx-a: \0\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(40_000)}`],
    ['a body that is too short', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n'],
    ['a chunk whose line ends without CR', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\nabc'],
    ['chunks without an end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n'],
  ])('is refused with %s', (_what, text) => {
    expect(() => readText(text)).toThrow(expect.objectContaining({ name: 'BrokenAnswer' }) as Error)
  })

  it('has no body for HEAD, 204 and 304, and keeps the length that is said of another', () => {
    const length = 'content-length: 5\r\n\r\n'
    const asked = readText(`HTTP/1.1 200 OK\r\n${length}`, { isForHead: true })
    expect([asked.isOver, asked.head?.headers]).toEqual([true, ['content-length', '5']])
    expect(readText(`HTTP/1.1 304 Not Modified\r\n${length}`).isOver).toBe(true)
    const none = readText('HTTP/1.1 204 No Content\r\n\r\nabc', { isClosed: false })
    expect([none.isOver, none.left]).toEqual([true, 3])
  })

  it('says nothing on that is for the gateway alone', () => {
    const fields =
      'connection: x-hop, keep-alive\r\nkeep-alive: timeout=5\r\nx-hop: 1\r\nset-cookie: a=b\r\nServer: x\r\n'
    const { head } = readText(`HTTP/1.1 200 OK\r\n${fields}X-Keep: 1\r\ncontent-length: 0\r\n\r\n`)
    expect(head).toMatchObject({ headers: ['x-keep', '1', 'content-length', '0'], keepAliveSeconds: 5 })
    expect(head?.isPersistent).toBe(true)
    expect(readText('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n').head?.isPersistent).toBe(false)
  })
})
