import { testPostgres, until } from '@plinth/testkit'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeTree } from '../files/durable-file.ts'
import { outside, temporaryFolder, type Outside } from '../testing/fixtures.ts'

const preload = fileURLToPath(new URL('./preload.mjs', import.meta.url))
const pgPath = createRequire(import.meta.url).resolve('pg')
let gateway: Outside
let folder: string
let database: Awaited<ReturnType<typeof testPostgres>>

beforeAll(async () => {
  ;[gateway, database] = await Promise.all([outside(), testPostgres()])
  folder = temporaryFolder()
})
afterAll(async () => {
  await gateway.close()
  await database.drop()
  removeTree(folder)
})

const body = `
const server = createServer(async (req, res) => {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  await client.query('select 42 as answer')
  await client.end()
  res.end('done')
}).listen(0, '127.0.0.1', async () => {
  await fetch('http://127.0.0.1:' + server.address().port + '/orders')
  process.kill(process.pid, 'SIGTERM')
})`

describe.each([
  ['an ES module', 'app.mjs', `import { createServer } from 'node:http'\nimport pg from '${pgPath}'\n${body}`],
  [
    'a CommonJS module',
    'app.cjs',
    `const { createServer } = require('node:http')\nconst pg = require('${pgPath}')\n${body}`,
  ],
])('a workload written as %s, without a line for tracing', (_title, file, source) => {
  test('sends spans of its server, its database client and its HTTP client, the last ones before it ends', async () => {
    writeFileSync(join(folder, file), source)
    gateway.received.length = 0
    const child = spawn(process.execPath, ['--import', preload, join(folder, file)], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        OTEL_EXPORTER_OTLP_ENDPOINT: `${gateway.url}/otlp`,
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20telemetry-token',
        OTEL_SERVICE_NAME: 'ledger',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    await once(child, 'exit')
    const spans = await until(() =>
      gateway.received
        .filter(({ url }) => url === '/otlp/v1/traces')
        .map((each) => each.body.toString('latin1'))
        .join(''),
    )
    expect(spans).toContain('pg.query:SELECT')
    expect(spans).toContain('/orders')
    expect(spans).toContain('instrumentation-undici')
    expect(spans).toContain('instrumentation-http')
    expect(gateway.received.every(({ authorization }) => authorization === 'Bearer telemetry-token')).toBe(true)
  }, 20_000)
})

test('without an endpoint the preload does nothing, and a broken one never keeps the workload from running', async () => {
  writeFileSync(join(folder, 'plain.mjs'), 'process.exitCode = 5')
  for (const endpoint of [undefined, 'not a url']) {
    const child = spawn(process.execPath, ['--import', preload, join(folder, 'plain.mjs')], {
      env: { ...(endpoint !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }) },
      stdio: 'ignore',
    })
    expect((await once(child, 'exit'))[0]).toBe(5)
  }
})
