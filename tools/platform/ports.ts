import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Home } from './home.ts'
import { StartProblem } from './problem.ts'
import { writePrivate } from './secrets.ts'

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/** A port that is free now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })

/** A port that users know; taken means that we say so and stop. */
export async function claimPublicPort(port: number, variable: string, what: string): Promise<number> {
  if (await isFree(port)) return port
  throw new StartProblem(
    `Port ${port} (${what}) is taken by another program.`,
    `Stop that program (\`ss -ltnp 'sport = :${port}'\` shows it), or choose another port: ${variable}=${port + 1000} npm start`,
  )
}

/** Ports behind the gateway: the same at every start where they are still free, so that logs and tools stay valid. */
export async function internalPorts(home: Home, names: readonly string[]): Promise<Record<string, number>> {
  const path = home.file('ports.json')
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>) : {}
  const ports: Record<string, number> = {}
  for (const name of names) {
    const last = before[name]
    ports[name] = last !== undefined && (await isFree(last)) ? last : await freePort()
  }
  writePrivate(path, JSON.stringify(ports))
  return ports
}
