import { describe, expect, it } from 'vitest'
import { compositeStatus, dependants, nextMoves, type JobStatus, type StatusJob } from './status.ts'

const many = (...parts: (JobStatus | `${JobStatus}?`)[]) =>
  parts.map((part) => ({ status: part.replace('?', '') as JobStatus, allowFailure: part.endsWith('?') }))

describe('the status of many jobs (a question mark: allowed to fail)', () => {
  it.each<[ReturnType<typeof many>, JobStatus | undefined]>([
    [[], undefined],
    [many('success', 'success'), 'success'],
    [many('success', 'failed'), 'failed'],
    [many('success', 'failed?'), 'success'],
    [many('canceled?', 'success'), 'success'],
    [many('success', 'canceled'), 'canceled'],
    [many('failed', 'canceled'), 'failed'],
    [many('skipped', 'skipped'), 'skipped'],
    [many('skipped', 'success'), 'success'],
    [many('manual?', 'success'), 'success'],
    [many('manual?'), 'skipped'],
    [many('manual', 'success'), 'manual'],
    [many('manual', 'running'), 'running'],
    [many('manual', 'created'), 'manual'],
    [many('scheduled', 'success'), 'scheduled'],
    [many('scheduled', 'created'), 'scheduled'],
    [many('scheduled', 'manual'), 'manual'],
    [many('scheduled', 'running'), 'running'],
    [many('created', 'created'), 'created'],
    [many('created', 'pending'), 'pending'],
    [many('created', 'success'), 'running'],
    [many('pending', 'success'), 'running'],
    [many('running', 'failed'), 'running'],
    [many('failed', 'skipped'), 'failed'],
  ])('%j is %s', (jobs, expected) => {
    expect(compositeStatus(jobs)).toBe(expected)
  })

  it.each<[ReturnType<typeof many>, JobStatus]>([
    [many('success', 'skipped'), 'skipped'],
    [many('success', 'manual?'), 'skipped'],
    [many('success', 'manual'), 'pending'],
    [many('success', 'running'), 'pending'],
    [many('success', 'failed'), 'failed'],
    [many('success', 'failed?'), 'success'],
    [many('canceled', 'success'), 'canceled'],
  ])('for needs, %j is %s', (jobs, expected) => {
    expect(compositeStatus(jobs, true)).toBe(expected)
  })
})

const job = (name: string, stageIndex: number, more: Partial<StatusJob> = {}): StatusJob => ({
  name,
  stageIndex,
  status: 'created',
  when: 'on_success',
  allowFailure: false,
  ...more,
})
const moves = (...jobs: StatusJob[]): Record<string, string> =>
  Object.fromEntries(nextMoves(jobs).map(({ name, to }) => [name, to]))

describe('which jobs start', () => {
  it('those of the first stage, at once', () =>
    expect(moves(job('a', 1), job('b', 1), job('c', 2))).toEqual({ a: 'pending', b: 'pending' }))
  it('a stage waits for all of the earlier ones even after a failure', () =>
    expect(
      moves(job('a', 1, { status: 'failed' }), job('b', 1, { status: 'running' }), job('c', 2, { when: 'on_failure' })),
    ).toEqual({}))
  it('on_success is skipped and on_failure starts after a failure, always in both cases', () =>
    expect(
      moves(
        job('a', 1, { status: 'failed' }),
        job('s', 2),
        job('f', 2, { when: 'on_failure' }),
        job('w', 2, { when: 'always' }),
      ),
    ).toEqual({ s: 'skipped', f: 'pending', w: 'pending' }))
  it('on_failure is skipped after success, and what follows goes on', () =>
    expect(moves(job('a', 1, { status: 'success' }), job('f', 2, { when: 'on_failure' }), job('n', 3))).toEqual({
      f: 'skipped',
      n: 'pending',
    }))
  it('a failure two stages before still counts', () =>
    expect(moves(job('a', 1, { status: 'failed' }), job('b', 2), job('f', 3, { when: 'on_failure' }))).toEqual({
      b: 'skipped',
      f: 'pending',
    }))
  it('an allowed failure is no failure', () =>
    expect(
      moves(job('a', 1, { status: 'failed', allowFailure: true }), job('b', 2), job('f', 2, { when: 'on_failure' })),
    ).toEqual({ b: 'pending', f: 'skipped' }))
  it('after a cancel nothing starts, not even always', () =>
    expect(moves(job('a', 1, { status: 'canceled' }), job('b', 2), job('w', 2, { when: 'always' }))).toEqual({
      b: 'skipped',
      w: 'skipped',
    }))
  it('a manual job waits for a person, and blocks what follows unless it is optional', () => {
    expect(moves(job('a', 1, { when: 'manual' }), job('b', 2))).toEqual({ a: 'manual' })
    expect(moves(job('a', 1, { when: 'manual', allowFailure: true }), job('b', 2))).toEqual({
      a: 'manual',
      b: 'pending',
    })
  })
  it('needs: [] starts at once whatever its stage', () =>
    expect(moves(job('a', 1, { status: 'running' }), job('z', 9, { needs: [] }))).toEqual({ z: 'pending' }))
  it('a job with needs waits for these alone', () =>
    expect(
      moves(
        job('a', 1, { status: 'running' }),
        job('b', 1, { status: 'success' }),
        job('c', 5, { needs: ['b'] }),
        job('d', 5, { needs: ['a', 'b'] }),
      ),
    ).toEqual({ c: 'pending' }))
  it('a job that needs one of its own stage waits for it', () =>
    expect(moves(job('a', 1, { status: 'pending' }), job('b', 1, { needs: ['a'] }))).toEqual({}))
  it('a job that needs a skipped one is skipped, and so on down the line', () =>
    expect(
      moves(job('a', 1, { status: 'failed' }), job('b', 2, { needs: ['a'] }), job('c', 3, { needs: ['b'] })),
    ).toEqual({ b: 'skipped', c: 'skipped' }))
  it('a job that needs an unplayed optional manual one is skipped; a blocking one is waited for', () => {
    expect(moves(job('m', 1, { status: 'manual', allowFailure: true }), job('b', 2, { needs: ['m'] }))).toEqual({
      b: 'skipped',
    })
    expect(moves(job('m', 1, { status: 'manual' }), job('b', 2, { needs: ['m'] }))).toEqual({})
  })
  it('always runs after skipped needs, too', () =>
    expect(moves(job('a', 1, { status: 'skipped' }), job('b', 2, { needs: ['a'], when: 'always' }))).toEqual({
      b: 'pending',
    }))
})

describe('what a new start brings back', () => {
  it('is what needs it, directly or through others, and all later stages', () => {
    const jobs = [
      job('a', 1),
      job('x', 1),
      job('b', 2, { needs: ['a'] }),
      job('c', 2, { needs: ['b'] }),
      job('d', 2),
      job('e', 2, { needs: ['x'] }),
    ]
    expect([...dependants(jobs, new Set(['a']))].toSorted()).toEqual(['b', 'c', 'd'])
  })
})
