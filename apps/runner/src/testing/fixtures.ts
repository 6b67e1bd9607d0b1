import { systemClock } from '@plinth/kernel'
import { quietLogger } from '@plinth/testkit'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { create } from 'tar'
import { edgeTable, type EdgeTable } from '../edge/table.ts'
import { openDataFolder, type DataFolder } from '../files/data-folder.ts'
import { removeTree } from '../files/durable-file.ts'
import { detectSandbox, open, type Sandbox } from '../sandbox/sandbox.ts'
import { layOutTools } from '../sandbox/tools.ts'
import { workloadHost, type WorkloadHost } from '../workloads/host.ts'
import type { ControllerParts } from '../workloads/parts.ts'
import { recordStore } from '../workloads/record.ts'
import { releaseStore } from '../workloads/releases.ts'
import type { Wish } from '../workloads/wish.ts'

export const sandbox: Sandbox = detectSandbox()
export const noSandbox: Sandbox = open('the test wants none')

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'plinth-runner-'))

/** A tar as a pipeline would have made it. */
export async function artifactOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const archive = `${folder}.tar.gz`
  await create({ file: archive, cwd: folder, gzip: true, portable: true }, Object.keys(files))
  const bytes = readFileSync(archive)
  removeTree(folder)
  removeTree(archive)
  return bytes
}

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

export type Received = { method: string; url: string; authorization: string | undefined; body: Buffer }

export type Outside = {
  url: string
  /** What is served, by path. */
  files: Map<string, Buffer>
  received: Received[]
  answerWith(status: number): void
  close(): Promise<void>
}

/** The gateway as the runner sees it: gives files, takes uploads and telemetry, and remembers what it was sent. */
export async function outside(): Promise<Outside> {
  const files = new Map<string, Buffer>()
  const received: Received[] = []
  let status = 200
  const server: Server = createServer((req, res) => {
    void bodyOf(req).then((body) => {
      const path = (req.url ?? '').split('?')[0] ?? ''
      received.push({ method: req.method ?? '', url: req.url ?? '', authorization: req.headers.authorization, body })
      const file = files.get(path)
      if (status !== 200) return res.writeHead(status).end()
      if (req.method === 'GET') return file ? res.end(file) : res.writeHead(404).end()
      if (req.method === 'PUT')
        return res
          .writeHead(201)
          .end(JSON.stringify({ id: 'art_1', job: 'job_1', sha256: sha256Of(body), sizeBytes: body.length }))
      return res.end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    files,
    received,
    answerWith: (next) => (status = next),
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of req) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** A server as a developer would write it; VERSION tells which one answered. */
export const serverSource = (version: string, readyAfterMs = 0): string => `
const { createServer } = require('node:http')
const readyAt = Date.now() + ${readyAfterMs}
console.log(JSON.stringify({ level: 'info', msg: 'starts ${version}', trace_id: '${'ab'.repeat(16)}' }))
const server = createServer((req, res) => {
  if (req.url === '/ready') return res.writeHead(Date.now() >= readyAt ? 200 : 503).end()
  if (req.url === '/crash') { console.error('this is the end'); process.exit(7) }
  if (req.url === '/environment') return res.end(JSON.stringify(process.env))
  if (req.url === '/pid') return res.end(String(process.pid))
  if (req.url === '/slow') return setTimeout(() => res.end('${version}'), 300)
  let body = ''
  req.on('data', (piece) => (body += piece)).on('end', () => res.setHeader('x-seen', JSON.stringify(req.headers)).end('${version}' + body))
}).listen(process.env.PORT, process.env.HOST)
server.on('upgrade', (req, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: websocket\\r\\n\\r\\n')
  socket.pipe(socket)
})
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

export async function wishOf(gateway: Outside, name: string, source: string, more: Partial<Wish> = {}): Promise<Wish> {
  const bytes = await artifactOf({ 'server.cjs': source })
  const sha256 = sha256Of(bytes)
  gateway.files.set(`/${sha256}`, bytes)
  const [project = '', environment = '', workload = ''] = name.split('.')
  return {
    name,
    project,
    environment,
    workload,
    deployment: `dep_${sha256.slice(0, 6)}`,
    restart: 0,
    replicas: 2,
    artifact: { url: `${gateway.url}/${sha256}`, sha256, sizeBytes: bytes.length },
    command: ['node', 'server.cjs'],
    environmentVariables: { SECRET: 'swordfish' },
    readiness: { path: '/ready', timeoutSeconds: 15 },
    hosts: [`${workload}.${environment}.${project}.localhost`],
    telemetryToken: 'telemetry-token',
    telemetryUrl: `${gateway.url}/otlp`,
    ...more,
  }
}

export type TestHost = {
  data: DataFolder
  table: EdgeTable
  parts: ControllerParts
  host: WorkloadHost
  changed: string[]
  close(): Promise<void>
}

export function testHost(box: Sandbox = sandbox, root = temporaryFolder()): TestHost {
  const data = openDataFolder(root)
  const table = edgeTable()
  const changed: string[] = []
  const parts: ControllerParts = {
    clock: systemClock,
    logger: quietLogger,
    records: recordStore(data.workloads),
    releases: releaseStore(data.releases, 'runner-token'),
    sandbox: box,
    tools: layOutTools(data.tools),
    table,
    changed: (name) => changed.push(name),
    drainMs: 5_000,
    graceMs: 2_000,
  }
  const host = workloadHost(parts)
  return {
    data,
    table,
    parts,
    host,
    changed,
    async close() {
      await host.close('stop')
      await table.close()
      removeTree(root)
    },
  }
}
