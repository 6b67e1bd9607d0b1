import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Gateway } from '../app.ts'
import { as, codeOf, testPlatform, type TestPlatform } from '../test-platform.ts'

/** A service that answers by its bare socket, as no service should; and how often it was asked. */
let answer: (socket: Socket, asked: number) => void
let asked = 0
let service: Server
let platform: TestPlatform
let gateway: Gateway
const project = '/api/v1/projects/payments'
const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n'

beforeAll(async () => {
  service = createServer((socket) => {
    socket.on('error', () => undefined).on('data', () => answer(socket, ++asked))
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  platform = await testPlatform()
  const { port } = service.address() as AddressInfo
  gateway = await platform.start({ PLINTH_UPSTREAM_PROVISIONING: `http://127.0.0.1:${port}` })
  await until(async () => (await fetch(`${gateway.url}/readyz`)).ok)
})
afterAll(async () => {
  await platform.close()
  service.close()
})
beforeEach(() => {
  asked = 0
})

const get = (options: RequestInit = {}) => fetch(`${gateway.url}${project}`, { headers: as('user:dev'), ...options })

describe('a service that breaks', () => {
  it.each([
    ['what is no HTTP', 'hello\r\n\r\n'],
    ['two lengths', `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`],
    ['a length beside a transfer coding', `${head}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
  ])('answers %s, and the caller is told that it is not available', async (_what, text) => {
    answer = (socket) => void socket.write(text)
    const response = await get()
    expect([response.status, await codeOf(response), asked]).toEqual([503, 'platform.unavailable', 1])
  })

  it('stops in the middle of an answer, and the caller does not take it for whole', async () => {
    answer = (socket) => void socket.end(`${head}content-length: 10\r\n\r\nabc`)
    await expect(get().then((response) => response.text())).rejects.toThrow(TypeError)
  })

  it('sends more than it said, and the next request does not get it', async () => {
    const extra = `${head}content-length: 4\r\n\r\nevil`
    answer = (socket, times) =>
      void socket.write(`${head}content-length: 4\r\n\r\n${times === 1 ? `good${extra}` : 'next'}`)
    expect([await (await get()).text(), await (await get()).text()]).toEqual(['good', 'next'])
  })

  it('says something unasked on an idle connection, and nobody gets it', async () => {
    let first: Socket | undefined
    answer = (socket) => {
      first ??= socket
      socket.write(`${head}content-length: 2\r\n\r\nok`)
    }
    await (await get()).text()
    const closed = once(first as Socket, 'close')
    first?.write(`${head}content-length: 4\r\n\r\nevil`)
    await closed
    expect(await (await get()).text()).toBe('ok')
  })

  it('closes a connection in the moment in which it is used, and a read is sent once more', async () => {
    answer = (socket, times) => {
      if (times === 2) socket.destroy()
      else socket.write(`${head}content-length: 2\r\n\r\nok`)
    }
    expect([await (await get()).text(), await (await get()).text(), asked]).toEqual(['ok', 'ok', 3])
  })

  it('answers in pieces, and the caller gets them as they are', async () => {
    answer = (socket) => {
      socket.write(`${head}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`)
      setImmediate(() => socket.write('2;x=1\r\nde\r\n0\r\n\r\n'))
    }
    expect(await (await get()).text()).toBe('abcde')
  })

  it('sends more than its caller reads, and has to wait', async () => {
    let written = 0
    answer = (socket) => {
      socket.write(`${head}content-length: 1000000000\r\n\r\n`)
      const piece = Buffer.alloc(65_536)
      const more = (): void => {
        while (!socket.destroyed && socket.write(piece)) written += piece.length
      }
      socket.on('drain', more)
      more()
    }
    const caller = new AbortController()
    const response = await get({ signal: caller.signal })
    let before = -1
    await until(() => {
      const isStill = written === before && written > 0
      before = written
      return isStill
    })
    expect(written).toBeLessThan(64 * 1_048_576)
    caller.abort()
    await response.body?.cancel().catch(() => undefined)
  })
})
