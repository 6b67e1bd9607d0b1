import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flushPkt, pktLine, readPushHead, sideBand, writePushHead } from './pkt-line.ts'

const sha = fc.stringMatching(/^[0-9a-f]{40}$/)
const command = fc.record({ before: sha, after: sha, ref: fc.stringMatching(/^refs\/heads\/[a-z0-9]{1,40}$/) })
const commands = fc.uniqueArray(command, { minLength: 1, maxLength: 20, selector: ({ ref }) => ref })

/** The bytes in pieces of these sizes, as a socket would bring them. */
function inPieces(bytes: Buffer, sizes: readonly number[]): Readable {
  const pieces: Buffer[] = []
  let offset = 0
  for (const size of [...sizes, bytes.length]) {
    if (offset < bytes.length) pieces.push(bytes.subarray(offset, (offset += size)))
  }
  return Readable.from(pieces, { objectMode: false })
}

const restOf = async (stream: Readable, begun: Buffer): Promise<Buffer> => {
  const chunks = [begun]
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

describe('the head of a push', () => {
  test('what is written is read again, however the network cuts it, and the pack behind it stays whole', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(commands, sizes, fc.uint8Array({ maxLength: 500 }), async (wanted, cuts, pack) => {
        const head = {
          commands: wanted,
          capabilities: ['report-status', 'side-band-64k'],
          shallow: [],
          rest: Buffer.alloc(0),
        }
        const stream = inPieces(Buffer.concat([writePushHead(head), Buffer.from(pack)]), cuts)
        const read = await readPushHead(stream)
        expect(read.commands).toEqual(wanted)
        expect(read.capabilities).toEqual(['report-status', 'side-band-64k', 'atomic'])
        expect(await restOf(stream, read.rest)).toEqual(Buffer.from(pack))
      }),
      { numRuns: 60 },
    )
  })

  test('any other bytes are refused as an invalid request, never as a bug', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const text = Buffer.from(bytes).toString('latin1')
        fc.pre(!text.startsWith(flushPkt))
        await expect(readPushHead(inPieces(Buffer.from(bytes), []))).rejects.toMatchObject({
          code: 'platform.request_invalid',
        })
      }),
      { numRuns: 200 },
    )
  })

  test('a ref named twice, and more packets than anybody needs, are refused', async () => {
    const line = pktLine(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/a`)
    await expect(readPushHead(Readable.from([Buffer.concat([line, line, Buffer.from(flushPkt)])]))).rejects.toThrow(
      /twice/,
    )
    const many = Array.from({ length: 40_000 }, (_, index) => pktLine(`shallow ${String(index).padStart(40, '0')}`))
    await expect(readPushHead(Readable.from([Buffer.concat(many)]))).rejects.toThrow(/too many/)
  })
})

test('data longer than a packet goes over the side band in several', () => {
  const sent = sideBand(2, Buffer.alloc(70_000, 'x'))
  expect(sent.toString('latin1', 0, 5)).toBe('fff0\u0002')
  expect(sent.length).toBe(70_000 + 2 * 5)
})
