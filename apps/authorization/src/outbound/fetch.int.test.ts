import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOutbound } from './fetch.ts'

const local = createOutbound({ loopback: true, networks: [] })
const outside = createOutbound({ loopback: false, networks: [] })
let server: Server
let port: number
beforeAll(async () => {
  server = createServer((req, res) => {
    if (req.url === '/large') res.end('x'.repeat(2_000_000))
    else if (req.url === '/elsewhere') res.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    else res.end('answered')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  await Promise.all([local.close(), outside.close()])
  server.closeAllConnections()
  server.close()
})

test('loopback is called by a platform that is itself there, and by no other', async () => {
  expect(await (await local.fetch(`http://127.0.0.1:${port}/`)).text()).toBe('answered')
  await expect(outside.fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('must be https')
  await expect(outside.fetch(`https://127.0.0.1:${port}/`)).rejects.toThrow('inner address')
})

test('a name that resolves to an inner address is refused where the connection is made', async () => {
  const error = await outside.fetch(`https://localhost:${port}/`).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect((error?.cause as Error | undefined)?.message).toContain('inner addresses only')
})

test('a redirect is handed back and not followed', async () => {
  expect((await local.fetch(`http://127.0.0.1:${port}/elsewhere`)).status).toBe(302)
})

test('an answer without end is cut off', async () => {
  await expect(local.fetch(`http://127.0.0.1:${port}/large`).then((answer) => answer.text())).rejects.toThrow()
})

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0
  } catch {
    return false
  }
})()

test.skipIf(!hasOpenssl)('a certificate that nobody vouches for is refused', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'plinth-cert-'))
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-keyout', key, '-out', cert] // prettier-ignore
  execFileSync('openssl', made, { stdio: 'ignore' })
  const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_req, res) => res.end()).listen(0, '127.0.0.1') // prettier-ignore
  try {
    await once(tls, 'listening')
    const at = `https://127.0.0.1:${(tls.address() as AddressInfo).port}/`
    const error = await local.fetch(at).then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect((error?.cause as { code?: string } | undefined)?.code).toMatch(/SELF_SIGNED|ALTNAME/)
  } finally {
    tls.closeAllConnections()
    tls.close()
    rmSync(dir, { recursive: true })
  }
})
