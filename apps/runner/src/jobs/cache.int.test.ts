import { quietLogger, until } from '@plinth/testkit'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDataFolder, type DataFolder } from '../files/data-folder.ts'
import { removeTree } from '../files/durable-file.ts'
import { layOutTools, type Tools } from '../sandbox/tools.ts'
import { sandbox, temporaryFolder } from '../testing/fixtures.ts'
import { runAttempt } from './attempt.ts'
import type { Assignment, Finish, Pipelines } from './pipelines.ts'

let data: DataFolder
let tools: Tools
let repository: string
let revision: string
let log = ''
/** The gateway and the service behind it: one cache by its index, and what it answers to who wants to keep one. */
let server: Server
const kept = new Map<string, { body: Buffer; key: string }>()
let answerToKeep = 201
let uploads: { index: string; authorization: string | undefined }[] = []

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of req) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

beforeAll(async () => {
  data = openDataFolder(temporaryFolder())
  tools = layOutTools(data.tools)
  repository = temporaryFolder()
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: repository, encoding: 'utf8' })
  git('init', '-q', '-b', 'main')
  writeFileSync(join(repository, '.gitignore'), 'built/\n')
  execFileSync('ln', ['-s', '/etc', join(repository, 'outlink')])
  git('add', '.')
  git('commit', '-q', '-m', 'first')
  revision = git('rev-parse', 'HEAD').trim()
  server = createServer((req, res) => {
    void bodyOf(req).then((body) => {
      const url = new URL(req.url ?? '', 'http://x')
      const index = url.searchParams.get('index') ?? ''
      const found = kept.get(index)
      if (req.method === 'GET') {
        if (found === undefined) return res.writeHead(404).end()
        return res.writeHead(200, { etag: `"${sha256Of(found.body)}"`, 'x-plinth-cache-key': found.key }).end(found.body)
      }
      uploads.push({ index, authorization: req.headers.authorization })
      if (answerToKeep === 201 && url.searchParams.get('sha256') === sha256Of(body)) kept.set(index, { body, key: 'k' })
      return res.writeHead(answerToKeep).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}) // prettier-ignore
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  removeTree(data.root)
  removeTree(repository)
})
beforeEach(() => {
  log = ''
  uploads = []
  kept.clear()
  answerToKeep = 201
})

const pipelines: Pipelines = {
  claim: async () => ({ claimed: false }),
  heartbeat: async () => ({}),
  async appendLog(_attempt, _offset, text) {
    log += text
    return { nextOffset: Buffer.byteLength(log) }
  },
  finish: async () => ({ accepted: true }),
}

type Cache = NonNullable<Assignment['caches']>[number]
const cache = (more: Partial<Cache> = {}): Cache => ({
  key: 'k', fallbackKeys: [], paths: ['built/'], untracked: false, when: 'on_success', policy: 'pull-push', ...more,
}) // prettier-ignore

function run(script: string[], caches: Cache[], stop = new AbortController().signal): Promise<Finish> {
  log = ''
  const assignment: Assignment = {
    job: 'job_1', attempt: 1, pipeline: 'pip_1', project: 'payments', repository: 'ledger', name: 'test', cloneUrl: repository, revision,
    ref: 'main', token: 'job-token-0123456789', gatewayUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, variables: {},
    masked: [], beforeScript: [], script, afterScript: ['echo late > built/late || true'], timeoutSeconds: 30, isolation: 'preferred',
    network: true, dependencies: [], caches,
  } // prettier-ignore
  const bound = { ...tools, commandBinds: [...tools.commandBinds, [repository, repository] as const] }
  const parts = { jobsFolder: data.jobs, sandbox, tools: bound as Tools, pipelines, logger: quietLogger }
  return runAttempt({ job: 'job_1', attempt: 1, runner: 'local' }, assignment, parts, stop)
}

test('what a job leaves, after_script included, the next run finds; unchanged, it is not sent again', async () => {
  await run(['mkdir built', 'echo made > built/x'], [cache()])
  expect(uploads).toEqual([{ index: '0', authorization: 'Bearer job-token-0123456789' }])
  expect(log).toMatch(/No cache under k[\s\S]*Kept the cache k: 2 files/)
  await run(['cat built/x built/late', 'touch -d @1500000000 built/x'], [cache({ policy: 'pull' })])
  expect(log).toMatch(/Restored the cache k: 2 files[\s\S]*made\nlate/)
  await run(['touch -d @1500000000 built/x'], [cache()])
  await run(['cp -p built/late kept', 'true'], [cache({ paths: ['built/x'] })])
  expect(uploads).toHaveLength(3)
  expect((await run(['true'], [cache({ paths: ['built/x'] })])).outcome).toBe('success')
  expect(log).toContain('is what it was')
  expect(uploads).toHaveLength(3)
})

test('untracked files are kept beside the paths, ignored ones too', async () => {
  await run(['mkdir built', 'echo 1 > built/a', 'echo 2 > other'], [cache({ paths: [], untracked: true })])
  expect(log).toContain('Kept the cache k: 3 files')
  await run(['cat built/a other', 'ls -a'], [cache({ policy: 'pull' })])
  expect(log).toMatch(/1\n2\n/)
  expect(log).not.toContain('.plinth-untracked')
})

test('what it is kept for is the way the job ends, and its policy', async () => {
  const caches = [
    cache({ when: 'on_failure' }),
    cache(),
    cache({ when: 'always' }),
    cache({ when: 'always', policy: 'pull' }),
  ]
  await run(['mkdir built; echo x > built/x; false'], caches)
  expect(uploads.map(({ index }) => index)).toEqual(['0', '2'])
})

test('a cache that is missing, broken, hostile, too big or refused never fails a job, and the log says so', async () => {
  const script = ['mkdir -p built && echo x > built/x']
  kept.set('0', { body: Buffer.from('rubbish'), key: 'k' })
  expect((await run(script, [cache()])).outcome).toBe('success')
  expect(log).toContain('WARNING: the cache k was not restored: The cache is not a whole tar packed by zstd.')
  kept.set('0', { body: zstdCompressSync(Buffer.alloc(0)), key: 'k' })
  answerToKeep = 413
  expect((await run(script, [cache()])).outcome).toBe('success')
  expect(log).toContain('WARNING: the cache k was not kept: it is larger than a cache may be.')
  answerToKeep = 409
  expect((await run(script, [cache()])).outcome).toBe('success')
  expect(log).toContain('WARNING: the cache k was not kept: The gateway answered 409.')
  expect((await run(['true'], [cache({ paths: ['none'] }), cache({ policy: 'none', note: 'its key could not be made' })])).outcome).toBe('success')
  expect(log).toMatch(/The cache k: its key could not be made[\s\S]*Nothing to keep in the cache k/)
  expect(existsSync('/etc/owned')).toBe(false)
  expect(readdirSync(data.jobs)).toEqual([])
}, 20_000) // prettier-ignore

test('a job that is canceled while it keeps a cache ends at once', async () => {
  const stop = new AbortController()
  const running = run(['mkdir built; head -c 100000000 /dev/urandom > built/x; echo filled'], [cache()], stop.signal)
  await until(() => log.includes('Keeping caches'), { timeoutMs: 10_000 })
  stop.abort('canceled')
  expect(await running).toMatchObject({ outcome: 'canceled' })
  expect(readdirSync(data.jobs)).toEqual([])
}, 20_000)
