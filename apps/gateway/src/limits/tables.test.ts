import { describe, expect, it } from 'vitest'
import { BoundedTable } from './bounded-table.ts'
import { CircuitBreaker, type Ending } from './circuit-breaker.ts'
import { RetryBudget } from './retry-budget.ts'
import { policyOf } from './rate-headers.ts'
import { TokenBucket } from './token-bucket.ts'

describe('a table', () => {
  it('never holds more than it may, however many keys are asked for', () => {
    const table = new BoundedTable(10_000, () => ({}))
    for (let at = 0; at < 100_000; at++) table.of(`subject-${at}`)
    expect(table.size).toBeLessThanOrEqual(10_000)
  })

  it('keeps what is asked for again and again while a flood goes through it', () => {
    const table = new BoundedTable(100, () => ({}))
    const mine = table.of('mine')
    for (let at = 0; at < 10_000; at++) {
      table.of(`other-${at}`)
      expect(table.of('mine')).toBe(mine)
    }
  })
})

describe('a bucket', () => {
  const rate = { perSecond: 10, burst: 30 }
  const takeAll = (bucket: TokenBucket, nowMs: number): number => {
    let taken = 0
    while (taken < 1_000 && bucket.take(rate, nowMs)) taken++
    return taken
  }

  it('gives as much at once as it holds, and then as much as comes back', () => {
    const bucket = new TokenBucket()
    expect(takeAll(bucket, 0)).toBe(30)
    expect(takeAll(bucket, 1_000)).toBe(10)
    expect(takeAll(bucket, 1_050)).toBe(0)
    expect(takeAll(bucket, 100_000)).toBe(30)
  })

  it('says what is left, when there is one again, and when it is full', () => {
    const bucket = new TokenBucket()
    expect([bucket.remaining(rate, 0), bucket.resetSeconds(0)]).toEqual([30, 0])
    bucket.take(rate, 0)
    expect([bucket.remaining(rate, 0), bucket.resetSeconds(0)]).toEqual([29, 1])
    takeAll(bucket, 0)
    expect([bucket.remaining(rate, 0), bucket.resetSeconds(0), bucket.retryAfterSeconds(rate, 0)]).toEqual([0, 3, 1])
    expect(bucket.remaining(rate, 500)).toBe(5)
  })

  it('names its policy as the draft writes it', () => {
    expect(policyOf('reading', rate).text).toBe('"reading";q=30;w=3')
  })
})

describe('a circuit breaker', () => {
  const end = (breaker: CircuitBreaker, ending: Ending, times: number, nowMs: number): void => {
    for (let at = 0; at < times; at++) breaker.ended(ending, nowMs)
  }
  const opened = (): CircuitBreaker => {
    const breaker = new CircuitBreaker()
    end(breaker, 'failed', 20, 1_000)
    return breaker
  }

  it('stays closed while few fail, or too few were asked', () => {
    const breaker = new CircuitBreaker()
    end(breaker, 'failed', 19, 0)
    expect(breaker.isOpen).toBe(false)
    end(breaker, 'answered', 100, 0)
    end(breaker, 'failed', 50, 0)
    expect(breaker.isOpen).toBe(false)
  })

  it('opens when half of enough fail, and forgets what was long ago', () => {
    expect(opened().isOpen).toBe(true)
    const breaker = new CircuitBreaker()
    end(breaker, 'failed', 19, 0)
    end(breaker, 'failed', 19, 20_000)
    expect(breaker.isOpen).toBe(false)
  })

  it('does not count callers who went away', () => {
    const breaker = new CircuitBreaker()
    end(breaker, 'left', 1_000, 0)
    end(breaker, 'failed', 19, 0)
    expect(breaker.isOpen).toBe(false)
  })

  it('lets one through after a while, and all of them once it was answered', () => {
    const breaker = opened()
    expect(breaker.waitMs(1_500)).toBe(500)
    expect(breaker.waitMs(2_000)).toBe(0)
    expect(breaker.waitMs(2_000)).toBeGreaterThan(0)
    breaker.ended('answered', 2_100)
    expect([breaker.isOpen, breaker.waitMs(2_100), breaker.waitMs(2_100)]).toEqual([false, 0, 0])
  })

  it('waits longer each time that one fails, up to ten seconds', () => {
    const breaker = opened()
    let nowMs = 2_000
    const waits: number[] = []
    for (let at = 0; at < 6; at++) {
      expect(breaker.waitMs(nowMs)).toBe(0)
      breaker.ended('failed', nowMs)
      const waitMs = breaker.waitMs(nowMs)
      waits.push(waitMs)
      nowMs += waitMs
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
  })

  it('lets another through when the caller of the first went away', () => {
    const breaker = opened()
    expect(breaker.waitMs(2_000)).toBe(0)
    breaker.ended('left', 2_001)
    expect(breaker.waitMs(2_001)).toBe(0)
  })
})

describe('a retry budget', () => {
  it('lets a tenth of all requests be sent once more, and a few at the start', () => {
    const budget = new RetryBudget()
    let repeated = 0
    for (let at = 0; at < 10_000; at++) {
      budget.earn()
      if (budget.spend()) repeated++
    }
    expect(repeated).toBeGreaterThanOrEqual(1_000)
    expect(repeated).toBeLessThanOrEqual(1_011)
  })
})
