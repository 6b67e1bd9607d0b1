import { expect, test } from 'vitest'
import { type Application, type Line, nextFor, stationsOf, urgencyOf } from './stations.ts'

const revision = 'a'.repeat(40)
const older = 'b'.repeat(40)
const application = (environment: string, position: number, more: Partial<Application> = {}): Application => ({
  project: 'payments',
  environment,
  component: 'ledger',
  repository: 'ledger',
  sync: 'Synced',
  health: 'Healthy',
  automatic: position === 1,
  position,
  liveRevision: revision,
  ...more,
})
const line = (environments: Application[], more: Partial<Line> = {}): Line => ({
  project: 'payments',
  component: 'ledger',
  environments,
  waiting: [],
  commit: { id: revision, title: 't', message: 't', author: 'Ana', authoredAt: '2026-11-23T10:00:00Z', parents: [] },
  pipeline: { id: 'pip_01', status: 'success', revision, createdAt: '2026-11-23T10:00:00Z', jobs: 3 },
  ...more,
})

test('the line is solid as far as the newest version has come, whatever the order in which environments are told', () => {
  const stations = stationsOf(
    line([
      application('production', 3, { liveRevision: older }),
      application('development', 1),
      application('staging', 2),
    ]),
  )
  expect(stations.map(({ key, reached }) => [key, reached])).toEqual([
    ['commit', 'done'],
    ['pipeline', 'done'],
    ['development', 'done'],
    ['staging', 'done'],
    ['production', 'behind'],
  ])
})

test('a version is offered to the next environment once it is healthy, and not while one waits for it already', () => {
  const [development, staging] = [application('development', 1), application('staging', 2, { liveRevision: older })]
  expect(nextFor(line([development, staging]), development)?.environment).toBe('staging')
  expect(nextFor(line([development, staging]), { ...development, health: 'Degraded' })).toBeUndefined()
  expect(nextFor(line([development, application('staging', 2)]), development)).toBeUndefined()
})

test('a failing line comes before one that is well', () => {
  expect(urgencyOf(line([application('development', 1, { health: 'Degraded' })]))).toBeLessThan(
    urgencyOf(line([application('development', 1)])),
  )
})

test('a component without anything yet has its line too', () => {
  expect(stationsOf({ project: 'p', component: 'c', environments: [], waiting: [] }).map(({ tone }) => tone)).toEqual([
    'waiting',
    'waiting',
  ])
})
