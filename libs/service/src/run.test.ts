import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { afterAll, afterEach, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'plinth-run-'))
let child: ChildProcess | undefined
afterEach(() => {
  child?.kill('SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const service = new URL('./index.ts', import.meta.url).href
const kernel = new URL('../../kernel/src/index.ts', import.meta.url).href

/** A process of its own, since signals and exit codes are what is tested. */
function start(main: string): { process: ChildProcess; output(): string } {
  let output = ''
  const file = join(folder, 'main.mjs')
  writeFileSync(
    file,
    `import { runService } from '${service}'\nimport * as kernel from '${kernel}'\nawait runService(${main})\n`,
  )
  const started = fork(file, { silent: true })
  child = started
  for (const stream of [started.stdout, started.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
  return { process: started, output: () => output }
}

const running = (close: string): string =>
  `async () => { setInterval(() => {}, 1000); return { url: 'http://x', close: async () => { ${close} } } }`

test('a started service tells its parent where it listens, and SIGTERM closes it with exit code 0', async () => {
  const { process: started, output } = start(running(`process.stdout.write('closed\\n')`))
  expect(await once(started, 'message')).toEqual([{ ready: true, url: 'http://x' }, undefined])
  started.kill('SIGTERM')
  expect(await once(started, 'exit')).toEqual([0, null])
  expect(output()).toContain('closed')
})

test('a second signal ends a service that does not close', async () => {
  const { process: started } = start(running(`process.send('closing'); await new Promise(() => {})`))
  await once(started, 'message')
  started.kill('SIGTERM')
  await once(started, 'message')
  started.kill('SIGTERM')
  expect(await once(started, 'exit')).toEqual([1, null])
})

test('a service whose parent is gone closes by itself', async () => {
  const { process: started } = start(running(''))
  await once(started, 'message')
  started.disconnect()
  expect(await once(started, 'exit')).toEqual([0, null])
})

test('a wrong configuration is printed as a list, without a stack, and ends with 1', async () => {
  const { process: started, output } = start(
    `async () => kernel.readConfig({ a: kernel.text('PLINTH_A'), b: kernel.integer('PLINTH_B') }, { PLINTH_B: 'x' })`,
  )
  expect(await once(started, 'exit')).toEqual([1, null])
  expect(output()).toContain('  - PLINTH_A is required\n  - PLINTH_B must be a whole number')
  expect(output()).not.toContain('    at ')
})

test('a rejection that nobody handles is logged and ends with 1', async () => {
  const { process: started, output } = start(
    running('').replace('setInterval', `setTimeout(() => void Promise.reject(new Error('lost')), 50); setInterval`),
  )
  expect(await once(started, 'exit')).toEqual([1, null])
  expect(output()).toContain('lost')
})
