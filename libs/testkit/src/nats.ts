import { connectBus, natsServerConfig, storeBytesMin, type Bus, type BusUser } from '@plinth/bus'
import { services } from '@plinth/contracts'
import type { Logger } from '@plinth/kernel'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectSocket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietLogger } from './quiet-logger.ts'

/** Every user of a test broker has this password; `test` may do anything, the others what their service may. */
export const testPassword = 'test'

export type TestNats = {
  url: string
  port: number
  /** Connects as a user of the broker; the bus is closed with it. */
  bus(user?: string, logger?: Logger): Promise<Bus>
  /** Ends the broker as a crash would (SIGKILL); what it stored stays. */
  kill(): Promise<void>
  /** Starts it again on the same port and store. */
  start(): Promise<void>
  /** Throws away what it stored, as the loss of its disk would; only while it is down. */
  wipe(): Promise<void>
  /** Sends a signal: SIGSTOP makes it go silent, SIGCONT wakes it. */
  signal(name: NodeJS.Signals): void
  /** Closes the buses, ends the broker, removes its files. */
  close(): Promise<void>
}

const users: BusUser[] = [
  ...services.map((user) => ({ user, password: testPassword })),
  { user: 'runner', password: testPassword },
  { user: 'reader', password: testPassword },
  { user: 'test', password: testPassword, role: 'administrator' },
]

/**
 * Starts a private nats-server with JetStream on a free loopback port: some 50 ms, so each test file has its own and
 * nothing is shared. The program is PLINTH_NATS_SERVER, else `nats-server` on PATH.
 */
export async function testNats(): Promise<TestNats> {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-nats-'))
  const storeDir = join(directory, 'store')
  const port = await freePort()
  const url = `nats://127.0.0.1:${port}`
  const configFile = join(directory, 'nats-server.conf')
  const config = natsServerConfig({ port, storeDir, maxFileStoreBytes: storeBytesMin * 2, users })
  await writeFile(configFile, config, { mode: 0o600 })
  const buses: Bus[] = []
  let server: ChildProcess | undefined
  const atExit = (): void => {
    server?.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', atExit)
  const kill = async (): Promise<void> => {
    const running = server
    server = undefined
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill('SIGKILL')
    await exited
  }
  const start = async (): Promise<void> => {
    server = await launch(configFile, port)
  }
  await start()
  return {
    url,
    port,
    async bus(user = 'test', logger = quietLogger) {
      const bus = await connectBus({ url, user, password: testPassword, name: `test ${user}`, logger })
      buses.push(bus)
      return bus
    },
    kill,
    start,
    wipe: () => rm(storeDir, { recursive: true, force: true }),
    signal: (name) => void server?.kill(name),
    async close() {
      await Promise.all(buses.map((bus) => bus.close()))
      await kill()
      process.off('exit', atExit)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A broker for a whole test run: what a global setup starts and closes. Its address is PLINTH_TEST_NATS_URL. */
export async function startNats(): Promise<TestNats & { stop(): Promise<void> }> {
  const nats = await testNats()
  process.env['PLINTH_TEST_NATS_URL'] = nats.url
  return { ...nats, stop: () => nats.close() }
}

let ofThisFile: Promise<TestNats> | undefined

/**
 * A bus on the broker of this test file, started at the first call and ended with the worker process; `closeTestBus`
 * ends it earlier. `name` is the broker's user: a service's name, `runner`, `reader`, or `test`, who may do anything.
 */
export async function testBus(name = 'test'): Promise<Bus> {
  ofThisFile ??= testNats()
  return (await ofThisFile).bus(name)
}

export async function closeTestBus(): Promise<void> {
  const nats = await ofThisFile
  ofThisFile = undefined
  await nats?.close()
}

async function launch(configFile: string, port: number): Promise<ChildProcess> {
  const program = process.env['PLINTH_NATS_SERVER'] ?? 'nats-server'
  const server = spawn(program, ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)))
  let failed: Error | undefined
  server.once('error', (error) => (failed = error))
  server.once('exit', (code) => (failed ??= new Error(`${program} ended with ${code}:\n${said}`)))
  const giveUpAt = performance.now() + 10_000
  while (!(await answers(port))) {
    if (failed) throw failed
    if (performance.now() > giveUpAt) throw new Error(`${program} did not listen within 10 s:\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return server
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1')
    socket.once('data', () => resolve(true) ?? socket.destroy())
    socket.once('error', () => resolve(false))
  })

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  if (address === null || typeof address === 'string') throw new Error('No free port')
  probe.close()
  await once(probe, 'close')
  return address.port
}
