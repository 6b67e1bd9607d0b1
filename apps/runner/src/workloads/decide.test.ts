import { describe, expect, test } from 'vitest'
import { decide } from './decide.ts'
import { newRecord, type Replica, type Version, type WorkloadRecord } from './record.ts'
import type { Wish } from './wish.ts'

const version = (generation: string, replicas = 2): Version => ({
  generation,
  wish: { replicas, readiness: { path: '/', timeoutSeconds: 10 } } as Wish,
})
const replica = (id: string, generation: string, phase: Replica['phase'] = 'ready', startedAtMs = 0): Replica => ({
  id,
  generation,
  phase,
  startedAtMs,
  port: 1,
  sandboxed: false,
})
const record = (more: Partial<WorkloadRecord>): WorkloadRecord => ({
  ...newRecord(version('new'), new Date(0)),
  ...more,
})
const kinds = (of: WorkloadRecord, nowMs = 1_000): string[] =>
  decide(of, nowMs).map((step) =>
    step.kind === 'drain'
      ? `drain ${step.replicas.map(({ id }) => id).join()}`
      : step.kind === 'start'
        ? `start ${step.count} ${step.version.generation}`
        : step.kind,
  )

describe('a replacement', () => {
  const live = version('old')
  const old = [replica('o1', 'old'), replica('o2', 'old')]

  test('starts all new replicas beside the old ones, and switches only when all are ready', () => {
    expect(kinds(record({ live, replicas: old }))).toEqual(['start 2 new'])
    const half = [...old, replica('n1', 'new'), replica('n2', 'new', 'starting')]
    expect(kinds(record({ live, replicas: half }))).toEqual([])
    const ready = [...old, replica('n1', 'new'), replica('n2', 'new')]
    expect(kinds(record({ live, replicas: ready }))).toEqual(['switch', 'drain o1,o2'])
  })

  test('that is late fails and takes only its own replicas with it', () => {
    const replicas = [...old, replica('n1', 'new', 'starting')]
    expect(kinds(record({ live, replicas, rollout: { exits: 0, startedAtMs: 0 } }), 10_001)).toEqual([
      'fail',
      'drain n1',
    ])
  })

  test('overtaken by a third version ends the second and goes on from the first', () => {
    const replicas = [...old, replica('n1', 'new', 'starting')]
    expect(kinds(record({ live, replicas, wanted: version('third') }))).toEqual(['drain n1', 'start 2 third'])
  })

  test('keeps the old version whole: what crashes of it is started again meanwhile', () => {
    const replicas = [replica('o1', 'old'), replica('n1', 'new', 'starting'), replica('n2', 'new', 'starting')]
    expect(kinds(record({ live, replicas }))).toEqual(['start 1 old'])
  })

  test('that is complete starts nothing of the old version, although a replica of it has just crashed', () => {
    const replicas = [replica('o1', 'old'), replica('n1', 'new'), replica('n2', 'new')]
    expect(kinds(record({ live, replicas }))).toEqual(['switch', 'drain o1'])
  })

  test('taken back to the live version drains the new replicas and nothing else', () => {
    const replicas = [...old, replica('n1', 'new', 'starting')]
    expect(kinds(record({ live, replicas, wanted: live }))).toEqual(['drain n1'])
  })
})

test('after a crash nothing is started before its time', () => {
  const live = version('new')
  const of = record({ live, crashes: { inARow: 3, nextStartAtMs: 2_000 } })
  expect(kinds(of, 1_999)).toEqual([])
  expect(kinds(of, 2_000)).toEqual(['start 2 new'])
})

test('zero replicas and a removal drain everything, also in the middle of a replacement', () => {
  const replicas = [replica('o1', 'old'), replica('n1', 'new', 'starting'), replica('d', 'old', 'draining')]
  expect(kinds(record({ live: version('old'), replicas, isRemoved: true }))).toContain('drain o1,n1')
  expect(kinds(record({ live: version('old'), replicas, wanted: version('new', 0) }))).toContain('drain o1,n1')
})

test('fewer replicas than before end those first that are not ready', () => {
  const replicas = [replica('a', 'new', 'starting', 900), replica('b', 'new')]
  expect(kinds(record({ live: version('new'), wanted: version('new', 1), replicas }))).toEqual(['drain a'])
})
