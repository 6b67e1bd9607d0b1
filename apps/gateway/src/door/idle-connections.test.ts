import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeIdleConnections } from './idle-connections.ts'

const request = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'

async function connected(answer: RequestListener): Promise<Socket> {
  const server = createServer({ keepAliveTimeout: 1 }, answer)
  closeIdleConnections(server, { keptMs: 60, stillMs: 300, everyMs: 5 })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()
  onTestFinished(() => {
    socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  await once(socket, 'connect')
  return socket
}

/** How long it stays open, in milliseconds. */
async function openFor(socket: Socket): Promise<number> {
  const startedMs = performance.now()
  await once(socket, 'close')
  return performance.now() - startedMs
}

describe('a connection', () => {
  it('is closed when nothing was asked on it for as long as it is kept, and by no timer before', async () => {
    const socket = await connected((_request, response) => response.end('1'))
    socket.write(request)
    await once(socket, 'data')
    expect(await openFor(socket)).toBeGreaterThan(55)
  })

  it('that asks again and again stays', async () => {
    const socket = await connected((_request, response) => response.end('1'))
    const startedMs = performance.now()
    while (performance.now() - startedMs < 200) {
      socket.write(request)
      await once(socket, 'data')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(socket.destroyed).toBe(false)
  })

  it('whose answer is under way is kept longer, and closed when nothing moves on it', async () => {
    const socket = await connected((_request, response) => response.write('1'))
    socket.write(request)
    await once(socket, 'data')
    expect(await openFor(socket)).toBeGreaterThan(250)
  })

  it('whose answer goes on moving stays', async () => {
    const socket = await connected((_request, response) => {
      const timer = setInterval(() => response.write('1'), 20)
      response.once('close', () => clearInterval(timer))
    })
    socket.write(request)
    const closed = openFor(socket)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(socket.destroyed).toBe(false)
    socket.destroy()
    await closed
  })
})
