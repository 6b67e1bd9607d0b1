import { until } from '@plinth/testkit'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeTree } from '../files/durable-file.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { checkoutScript } from './checkout.ts'
import type { Assignment } from './pipelines.ts'

const folders: string[] = []
const folder = (): string => folders[folders.push(temporaryFolder()) - 1] ?? ''
let revision: string
let base: string
let port: number

beforeAll(async () => {
  base = folder()
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: base, encoding: 'utf8' })
  git('init', '-q', '-b', 'main')
  writeFileSync(join(base, 'hello.txt'), 'hello')
  git('add', '.')
  git('commit', '-q', '-m', 'first')
  revision = git('rev-parse', 'HEAD').trim()
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  port = (probe.address() as AddressInfo).port
  probe.close()
  await once(probe, 'close')
})
afterAll(() => folders.forEach(removeTree))

function checkOut(more: Partial<Assignment> = {}) {
  const work = folder()
  const cloneUrl = `git://127.0.0.1:${port}/`
  const script = checkoutScript({ cloneUrl, revision, ref: 'main', ...more } as Assignment)
  const child = spawn('bash', ['-e', '-c', script], { cwd: work, stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(String(text)))
  return { work, said, code: once(child, 'close').then(([code]) => Number(code)) }
}

test('a checkout waits for a platform that is away, and goes on once it is back', async () => {
  const { work, said, code } = checkOut()
  await until(() => said.join('').includes('Trying again'))
  const args = ['daemon', '--reuseaddr', '--export-all', `--base-path=${base}`, '--listen=127.0.0.1', `--port=${port}`]
  const daemon: ChildProcess = spawn('git', [...args, base], { stdio: 'ignore' })
  expect(await code, said.join('')).toBe(0)
  expect(readFileSync(join(work, 'hello.txt'), 'utf8')).toBe('hello')
  daemon.kill()
  await once(daemon, 'exit')
})

test('what is refused is not asked for again', async () => {
  const { said, code } = checkOut({ cloneUrl: join(base, 'none') })
  expect(await code).not.toBe(0)
  expect(said.join('')).toContain('does not appear to be a git repository')
  expect(said.join('')).not.toContain('Trying again')
})
