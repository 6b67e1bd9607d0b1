import { until } from '@plinth/testkit'
import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { descendants, identify, isAlive } from './process-identity.ts'
import { killGroup, killTree } from './signals.ts'

const started = (command: string) => {
  const child = spawn('sh', ['-c', command], { detached: true, stdio: 'ignore' })
  const identity = identify(child.pid ?? 0)
  if (identity === undefined) throw new Error('did not start')
  return { child, identity }
}

test('a process is known by its start and not by its number alone, so a recycled number is never killed', async () => {
  const { child, identity } = started('sleep 100')
  const another = { ...identity, startTicks: identity.startTicks - 1 }
  expect(isAlive(identity)).toBe(true)
  expect(isAlive(another)).toBe(false)
  killGroup(another)
  killGroup({ ...identity, boot: 'another boot' })
  expect(isAlive(identity)).toBe(true)
  killTree(identity)
  await until(() => child.signalCode === 'SIGKILL')
  expect(isAlive(identity)).toBe(false)
})

test('a tree is killed to its last leaf, grandchildren and those of other groups too', async () => {
  const { identity } = started('sh -c "sleep 100 & setsid sleep 100 & wait" & sleep 100')
  await until(() => descendants(identity.pid).length >= 4)
  const below = descendants(identity.pid).flatMap((pid) => identify(pid) ?? [])
  killTree(identity)
  await until(() => below.every((each) => !isAlive(each)))
})
