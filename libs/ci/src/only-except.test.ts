import { describe, expect, it } from 'vitest'
import { planOf, problemsOf } from './testing/plan-of.ts'

type Facts = NonNullable<Parameters<typeof planOf>[1]>
const tag: Facts = { ref: 'refs/tags/v1.2' }
const request: Facts = { source: 'merge_request_event' }
const runs = (keywords: string, facts: Facts = {}): boolean =>
  planOf(`a: { script: x, ${keywords} }\nb: { script: x, rules: [{ when: always }] }`, facts).jobs.some(({ name }) => name === 'a') // prettier-ignore

describe('only and except', () => {
  it.each<[keywords: string, onMain: boolean, onTag: boolean, onRequest: boolean]>([
    ['stage: test', true, true, false],
    ['only: [main]', true, false, false],
    ['only: [tags]', false, true, false],
    ['only: [branches]', true, false, false],
    ['only: [merge_requests]', false, false, true],
    ['only: [pushes]', true, true, false],
    ['only: [schedules, web, api, triggers]', false, false, false],
    ['only: ["/^ma/"]', true, false, false],
    ['only: ["/^MA/i"]', true, false, false],
    ['only: ["/^v[0-9.]+$/"]', false, true, false],
    ['only: ["main@payments/ledger"]', true, false, false],
    ['only: ["main@other/ledger"]', false, false, false],
    ['except: [main]', false, true, true],
    ['except: [tags]', true, false, true],
    ['except: [merge_requests]', true, true, false],
    ['only: [branches, tags], except: ["/^v/"]', true, false, false],
    ['only: { refs: [main], variables: [$CI_COMMIT_TAG] }', false, false, false],
    ['only: { variables: [$CI_COMMIT_TAG, $CI_COMMIT_BRANCH == "main"] }', true, true, true],
    ['except: { refs: [next], variables: [$CI_COMMIT_TAG] }', true, false, true],
  ])('%s', (keywords, onMain, onTag, onRequest) => {
    expect([runs(keywords), runs(keywords, tag), runs(keywords, request)]).toEqual([onMain, onTag, onRequest])
  })

  it('see what changed', () => {
    const facts = { changedPaths: ['src/a.ts'] }
    expect(runs('only: { changes: ["src/**/*"] }', facts)).toBe(true)
    expect(runs('only: { changes: ["docs/*"] }', facts)).toBe(false)
    expect(runs('except: { changes: ["src/*"] }', facts)).toBe(false)
  })

  it('say why a job is out', () => {
    const { excluded } = planOf('a: { script: x, only: [tags] }\nb: { script: x, except: [main] }\nc: { script: x }')
    expect(excluded).toMatchObject([{ reason: 'only:refs does not match' }, { reason: 'except:refs matches' }])
  })

  it('cannot stand beside rules, and take patterns that RE2 takes', () => {
    expect(problemsOf('a: { script: x, only: [main], rules: [] }').join()).toContain(
      "`only` can't stand beside `rules`",
    )
    expect(problemsOf('a: { script: x, only: ["/(/"] }').join()).toContain('is no regular expression')
  })
})
