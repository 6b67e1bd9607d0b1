import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { RouteSpec } from '@plinth/contracts'
import { codeOf, complaint, each, formOf, isRefused, leakOf, type Answer, type Ask } from './hostile-http.ts'
import { marker, openHostileStage, paramsOf, pathOf, routes, type HostileStage } from './hostile-stage.ts'
import { hostileBodies, hostileParams, hostileQuery, metacharacters, sample, takesText } from './hostile-values.ts'
import { goodMembers, unknownParam, type Shape } from './hostile-values.ts'
import { attackSuite } from './attack-suite.ts'
import { once } from './hostile-once.ts'
import { eventually } from './stage.ts'

let h: HostileStage
let counted: Record<string, number>
beforeAll(async () => {
  h = await openHostileStage()
  counted = await h.count()
}, 120_000)
afterAll(() => h?.close(), 60_000)

type Case = Ask & { what: string; accept?: (answer: Answer) => boolean }

/** Asks all; each that was answered otherwise than an orderly refusal, in words. */
const outcomes = (cases: readonly Case[]): Promise<string[]> =>
  each(cases, async ({ what, accept = isRefused, ...asked }) => {
    const answer = await h.ask(asked).catch((error: unknown) => String(error))
    if (typeof answer === 'string') return `${asked.method} ${asked.path.slice(0, 120)}, ${what}: ${answer}`
    const wrong = complaint(answer, formOf(asked.path)) ?? (accept(answer) ? undefined : `answered ${answer.status}`)
    return wrong && `${asked.method} ${asked.path.slice(0, 120)}, ${what}: ${wrong}; ${answer.text.slice(0, 300)}`
  })
const anythingSane = (): boolean => true
/** Confluent's API takes members that it does not know, by its own rules. */
const isForgiving = ({ protocol }: RouteSpec): boolean => protocol === 'confluent'
/** Whoever sends what is not refused is one who may not do it, or whose request makes nothing. */
function tokenFor(spec: RouteSpec): string | undefined {
  if (spec.permission === 'public') return undefined
  if (!isForgiving(spec)) return h.admin.token
  return /\/(?:config|mode|tags)\b/.test(spec.path) ? h.outsider.token : h.dev.token
}
const bodyOf = ({ body }: RouteSpec): Shape | undefined => body

const goodBody = (spec: RouteSpec): Record<string, unknown> | undefined =>
  spec.body && (sample(spec.body, goodMembers) as Record<string, unknown>)

let address = 0
/** Sign-ins are limited by address: on Linux every one comes from another. */
const from = (path: string): string | undefined =>
  path.startsWith('/auth/') && process.platform === 'linux'
    ? `127.1.${Math.floor(++address / 250)}.${(address % 250) + 1}`
    : undefined

describe('every route of the contracts', () => {
  test('asks who is there: no token, a wrong one, a forged one', async () => {
    const forged = `${h.dev.token.slice(0, -6)}AAAAAA`
    const cases = routes
      .filter(([, { permission }]) => permission !== 'public')
      .flatMap(([what, spec]) =>
        [undefined, 'x', 'plt_x', 'a.b.c', forged].map((token) => ({
          what,
          method: spec.method,
          path: pathOf(spec, h.shop),
          token,
          body: goodBody(spec),
          accept: ({ status }: Answer) => status === 401,
        })),
      )
    expect(await outcomes(cases)).toEqual([])
  })

  test('refuses names that nothing has: traversal, control characters, overrides, reserved words, lengths', async () => {
    const cases = routes.flatMap(([what, spec]) =>
      paramsOf(spec).flatMap((name) =>
        hostileParams(name).map((value) => ({
          what,
          method: spec.method,
          path: pathOf(spec, h.shop, { [name]: value }),
          token: h.admin.token,
          body: goodBody(spec),
        })),
      ),
    )
    expect(cases.length).toBeGreaterThan(1000)
    expect(await outcomes(cases)).toEqual([])
  })

  test('answers 4xx for ids and names of nothing, or shows an empty list; and never makes anything there', async () => {
    const reads = /^(?:GET|HEAD)$|lint|compatibility$|gate$|schema-import$|database\/plan$/
    const empty = ({ type, text }: Answer): boolean =>
      !type.startsWith('application/json') || !(JSON.parse(text) as { items?: unknown[] }).items?.length
    const cases = routes.flatMap(([what, spec]) =>
      paramsOf(spec).map((name) => ({
        what: `${what} of an unknown ${name}`,
        method: spec.method,
        path: pathOf(spec, h.shop, { [name]: unknownParam(name) }),
        token: h.admin.token,
        body: goodBody(spec),
        accept: (answer: Answer) =>
          isForgiving(spec) ||
          isRefused(answer) ||
          ((reads.test(spec.method) || reads.test(spec.path)) && empty(answer)),
      })),
    )
    expect(await outcomes(cases)).toEqual([])
    expect(await h.count()).toEqual(counted)
  })

  test('refuses bodies that are none: wrong form, type, size, depth, encoding; missing and unknown members', async () => {
    const cases = routes.flatMap(([operation, spec]) => {
      const shape = bodyOf(spec)
      return !shape
        ? []
        : hostileBodies(shape, goodBody(spec) ?? {}).map(({ what, ...asked }) => ({
            ...asked,
            what: `${operation} with ${what}`,
            method: spec.method,
            path: pathOf(spec, h.shop),
            token: tokenFor(spec),
            from: from(spec.path),
            accept: isForgiving(spec) ? anythingSane : isRefused,
          }))
    })
    expect(cases.length).toBeGreaterThan(500)
    expect(await outcomes(cases)).toEqual([])
  })

  test('refuses rubbish where bytes are taken as they come: git, OTLP, artifacts', async () => {
    const cases = routes
      .filter(([, { kind, method }]) => kind === 'raw' && method !== 'GET')
      .flatMap(([what, spec]) =>
        ['rubbish', '{"resourceSpans":7}', '0000', Buffer.alloc(70_000, 255), Buffer.from([0x1f, 0x8b, 0])].flatMap(
          (body) =>
            ['application/json', 'application/x-protobuf', 'text/plain', null].map((type) => ({
              what: `${what} as ${type}`,
              method: spec.method,
              path: pathOf(spec, h.shop),
              token: h.admin.token,
              body,
              type,
              accept: spec.path.startsWith('/git/') ? anythingSane : isRefused,
            })),
        ),
      )
    expect(await outcomes(cases)).toEqual([])
  })

  test('refuses query members that are wrong or unknown', async () => {
    const cases = routes
      .filter(([, { method, query }]) => method === 'GET' && query !== undefined)
      .flatMap(([what, spec]) => {
        const asked = { method: spec.method, path: pathOf(spec, h.shop), token: h.admin.token }
        const names = Object.keys((spec.query as Shape).properties ?? {})
        const needed = names.includes('path') ? '&path=score.yaml' : ''
        const must = isForgiving(spec) ? anythingSane : isRefused
        const unknown = { ...asked, what, path: `${asked.path}?unknown=1${needed}`, accept: must }
        const wrong = names.flatMap((name) =>
          hostileQuery(name).map(({ text, refused }) => ({
            ...asked,
            what: `${what} with a wrong ${name}`,
            path: `${asked.path}?${name}=${text}${name === 'path' ? '' : needed}`,
            accept: refused ? must : anythingSane,
          })),
        )
        const twice = { ...asked, what, path: `${asked.path}?${names[0]}=1&${names[0]}=2`, accept: anythingSane }
        return [unknown, twice, ...wrong]
      })
    expect(await outcomes(cases)).toEqual([])
  })

  test('says which methods a path takes, and that a path is none', async () => {
    const forms = routes.map(([, { method, path }]) => ({
      method,
      form: new RegExp(`^${path.replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`),
    }))
    const isKnown = (method: string, path: string): boolean =>
      forms.some((known) => known.method === method && known.form.test(path))
    const cases = routes.flatMap(([what, spec]) =>
      ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
        .map((method) => ({ what, method, path: pathOf(spec, h.shop), token: h.admin.token }))
        .filter(({ method, path }) => !isKnown(method, path)),
    )
    expect(await outcomes(cases)).toEqual([])
  })

  test('wrote nothing while it refused all that', async () => {
    expect(await h.count()).toEqual(counted)
  })
})

describe('what is of another project', () => {
  const silent = (accept: (answer: Answer) => boolean) => (answer: Answer) =>
    accept(answer) && !answer.text.includes(marker)
  const hidden = silent(({ status }) => status === 403 || status === 404)
  /** Without a project a name of the registry is nobody's. */
  const nobodys = silent(({ status }) => status === 422)
  const ofNobody = /\/schemas\/types$/

  test('is there at all, for one who may see it', async () => {
    const seen = await each(routes, async ([operation, spec]) => {
      if (spec.method !== 'GET') return undefined
      const { text } = await h.ask({ method: 'GET', path: pathOf(spec, h.vault), token: h.admin.token })
      return text.includes(marker) ? operation : undefined
    })
    expect(seen).toEqual(
      expect.arrayContaining(['getProject', 'getComponent', 'listCatalog', 'listProjects', 'getVersion']),
    )
  })

  test('is 403 or 404 by its own name, on every route, and shows nothing', async () => {
    const cases = routes
      .filter(
        ([, { permission, path }]) => typeof permission === 'object' || (permission !== 'public' && path.includes(':')),
      )
      .map(([what, spec]) => ({
        what,
        method: spec.method,
        path: pathOf(spec, h.vault),
        token: h.dev.token,
        body: goodBody(spec),
        accept: (answer: Answer) =>
          hidden(answer) || (isForgiving(spec) && (nobodys(answer) || ofNobody.test(spec.path))),
      }))
    expect(await outcomes(cases)).toEqual([])
    expect(await h.count()).toEqual(counted)
  })

  test('is not reached through a project of the caller’s own', async () => {
    const cases = routes.flatMap(([what, spec]) =>
      paramsOf(spec)
        .filter((name) => name !== 'project' && !['environment', 'number', 'version'].includes(name))
        .map((name) => ({
          what: `${what} with a foreign ${name}`,
          method: spec.method,
          path: pathOf(spec, h.shop, { [name]: h.vault[name] ?? '' }),
          token: h.dev.token,
          body: goodBody(spec),
          accept: silent((answer) => isRefused(answer) || !/operation|pipeline|job|repository/.test(name)),
        })),
    )
    expect(await outcomes(cases)).toEqual([])
  })

  test('is in no listing, search, event stream or question of one who has no part in it', async () => {
    const open = [
      '/events',
      '/events?project=vault',
      `/api/v1/catalog?search=${marker}`,
      '/api/v1/catalog',
      '/api/v1/projects',
    ]
    const cases: Case[] = open.map((path) => ({
      what: 'looks around',
      method: 'GET',
      path,
      token: h.dev.token,
      accept: silent(({ status, text }) => status < 500 && !text.includes('"vault"')),
    }))
    const foreign = { subject: 'user:mallory', role: 'role:developer', domain: 'vault' }
    cases.push({ what: 'grants himself', method: 'POST', path: '/api/v1/bindings', token: h.dev.token, body: foreign })
    const asks = {
      component: 'front',
      produces: [],
      consumes: [{ subject: `vault/${h.vault['subject']}`, version: 1 }],
    }
    const gate = '/api/v1/projects/shop/environments/development/gate'
    cases.push({
      what: 'asks the gate',
      method: 'POST',
      path: gate,
      token: h.dev.token,
      body: asks,
      accept: silent(anythingSane),
    })
    expect(await outcomes(cases)).toEqual([])
  })
})

describe('text that means something elsewhere', () => {
  test('stays text, in every member of every body that takes it', async () => {
    const text = metacharacters.slice(0, 110)
    const cases = routes
      .filter(([operation, { body }]) => body !== undefined && operation !== 'createComponent')
      .flatMap(([what, spec], at) => {
        const members = Object.entries(bodyOf(spec)?.properties ?? {})
        const over = Object.fromEntries(
          members.flatMap(([name, shape]) => (takesText(shape, text) ? [[name, text]] : [])),
        )
        const body = {
          ...goodBody(spec),
          ...(goodBody(spec)?.['name'] === 'something' && { name: `inert-${at}` }),
          ...over,
        }
        const accept = ({ status, type, headers, text: said }: Answer): boolean => {
          if (status >= 300) return isRefused({ status, type, headers, text: said })
          const answer = JSON.parse(said) as Record<string, unknown>
          return (
            type.startsWith('application/json') &&
            headers['x-content-type-options'] === 'nosniff' &&
            Object.keys(over).every((name) => !(name in answer) || answer[name] === text)
          )
        }
        const token = spec.permission === 'public' ? undefined : h.admin.token
        return Object.keys(over).length === 0
          ? []
          : [{ what, method: spec.method, path: pathOf(spec, h.shop), token, body, accept, from: from(spec.path) }]
      })
    expect(cases.length).toBeGreaterThan(10)
    expect(await outcomes(cases)).toEqual([])
  })

  test('stays text in the files that a template makes of it', async () => {
    const params = { project: 'shop' }
    const description = metacharacters
    const body = { name: 'inert', template: 'node-service', description }
    const { id } = await h.api.createComponent({ params, body })
    await eventually('the component', async () => {
      const { state } = await h.api.getOperation({ params: { ...params, operation: id } })
      expect(state).not.toBe('failed')
      return state === 'succeeded' ? true : undefined
    })
    expect(await h.api.getComponent({ params: { ...params, component: 'inert' } })).toMatchObject({ description })
    for (const path of ['catalog-info.yaml', 'package.json', 'score.yaml', '.gitlab-ci.yml']) {
      const file = { params: { ...params, repository: 'inert' }, query: { path } }
      const { content } = await h.api.getFile(file)
      const read: unknown = parse(content)
      if (path === 'catalog-info.yaml') expect(read).toMatchObject({ metadata: { description } })
      if (path === 'package.json') expect(read).toMatchObject({ description })
    }
  })
})

describe('git', () => {
  let clone: string
  const push = async (files: Record<string, string>, message: string, branch = 'main'): Promise<string> => {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(clone, file), text)
    for (const args of [
      ['add', '-A'],
      ['commit', '-qm', message],
      ['push', '-q', 'origin', `HEAD:${branch}`],
    ]) {
      const said = await h.git.git(args, clone)
      expect(said, said.stderr).toMatchObject({ code: 0 })
    }
    return (await h.git.git(['rev-parse', 'HEAD'], clone)).stdout.trim()
  }
  const ended = (revision: string) =>
    eventually('the pipeline to end', async () => {
      const { items } = await h.api.listPipelines({ params: { project: 'shop' }, query: { repository: 'front' } })
      const found = items.find((one) => one.revision === revision)
      return found && ['success', 'failed'].includes(found.status) ? found : undefined
    })
  beforeAll(async () => {
    clone = join(h.git.dir, 'front')
    const origin = new URL('/git/shop/front.git', h.stage.platform.url)
    origin.username = 'admin'
    origin.password = h.admin.gitToken
    const said = await h.git.git(['clone', '-q', origin.href, clone])
    expect(said, said.stderr).toMatchObject({ code: 0 })
  })

  test.each([
    ['no YAML', 'test:\n  script: [x\n', 1],
    ['a tab', 'test:\n\tscript: x\n', 2],
    ['a wrong type', 'stages: [test]\ntest:\n  stage: test\n  script: {run: x}\n', 4],
    ['an unknown stage', 'stages: [build]\ntest:\n  stage: tset\n  script: [x]\n', 3],
    ['a circle', 'a: {script: [x], needs: [b]}\nb: {script: [x], needs: [a]}\n', 1],
    [
      'anchors that grow without end',
      `a: &a [x, x]\n${'bcdefghijklmnopqrstuvwxyz'
        .split('')
        .map(
          (name, at) =>
            `${name}: &${name} [*${'abcdefghijklmnopqrstuvwxyz'[at]}, *${'abcdefghijklmnopqrstuvwxyz'[at]}]`,
        )
        .join('\n')}\n`,
      1,
    ],
  ])('a .gitlab-ci.yml with %s fails its pipeline and says where', async (what, text, line) => {
    const { status, problems, id } = await ended(await push({ '.gitlab-ci.yml': text }, what))
    expect(status).toBe('failed')
    expect(problems[0]).toMatchObject({ line: expect.any(Number), column: expect.any(Number) })
    expect(problems.some((one) => (one.line ?? 0) >= line)).toBe(true)
    expect(problems[0]?.message.length).toBeGreaterThan(10)
    const { jobs } = await h.api.getPipeline({ params: { project: 'shop', pipeline: id } })
    expect(jobs).toEqual([])
  })

  test('a score.yaml that is none fails its sync, says what is wrong, and nothing runs', async () => {
    const ci = 'publish:\n  script: [echo built > built.txt]\n  artifacts: {paths: ["."]}\n'
    const score =
      'apiVersion: score.dev/v1b1\nmetadata:\n  name: front\ncontainers:\n  main:\n    image: 7\n    comand: ["x"]\n'
    const revision = await push({ '.gitlab-ci.yml': ci, 'score.yaml': score }, 'Break the workload')
    expect(await ended(revision)).toMatchObject({ status: 'success' })
    const params = { project: 'shop', environment: 'development', component: 'front' }
    const app = await eventually('the failed sync', async () => {
      const found = await h.api.getApplication({ params }).catch(() => undefined)
      return found?.lastSync?.revision === revision && found.lastSync.state === 'failed' ? found : undefined
    })
    const said = `${app.detail ?? ''} ${app.lastSync?.detail ?? ''}`
    expect(said).toMatch(/score\.yaml/)
    expect(said).toMatch(/image|comand/)
    expect(leakOf(said)).toBeUndefined()
    expect(app.liveRevision).not.toBe(revision)
  })

  test('a key sent again gives the same answer and one effect; with another body it is refused', async () => {
    await push({ 'other.txt': 'x' }, 'Another branch', 'other')
    const idempotent = routes.filter(([, { idempotent: has }]) => has === true)
    expect(idempotent.map(([operation]) => operation).sort()).toEqual(Object.keys(once).sort())
    for (const [operation, spec] of idempotent) {
      const { table = '', body = {}, other = {}, refused } = once[operation] ?? {}
      const asked = {
        method: spec.method,
        path: pathOf(spec, h.shop),
        token: h.admin.token,
        headers: { 'idempotency-key': `once-${operation}` },
      }
      const before = (await h.count(table))[table] ?? 0
      const answers = []
      for (let time = 0; time < 3; time++) answers.push(await h.ask({ ...asked, body }))
      const [first, ...more] = answers
      const made = (await h.count(table))[table]
      if (refused !== undefined) {
        expect(
          answers.map((one) => [complaint(one), codeOf(one)]),
          operation,
        ).toEqual(answers.map(() => [undefined, refused]))
        expect(made).toBe(before)
        continue
      }
      expect(first?.status, `${operation} ${first?.text}`).toBeLessThan(300)
      for (const one of more) expect([one.status, one.text], operation).toEqual([first?.status, first?.text])
      expect(made, operation).toBe(before + 1)
      const reused = await h.ask({ ...asked, body: { ...body, ...other } })
      expect([reused.status, codeOf(reused)], operation).toEqual([422, 'platform.idempotency_key_reused'])
    }
  })

  test('a change that was decided on an older state is refused, and one on the state of now goes through', async () => {
    const path = '/api/v1/users/'
    const patch = (headers: Record<string, string>, displayName: string) =>
      h.ask({
        method: 'PATCH',
        path: `${path}mallory`,
        token: h.admin.token,
        headers,
        body: { displayName },
      })
    const read = await h.ask({ method: 'GET', path: `${path}mallory`, token: h.admin.token })
    const tag = String(read.headers['etag'])
    expect(tag).toMatch(/^"[\w-]{27}"$/)
    expect((await patch({ 'if-match': tag }, 'First')).status).toBe(200)
    const stale = await patch({ 'if-match': tag }, 'Second')
    expect([stale.status, codeOf(stale), complaint(stale)]).toEqual([412, 'platform.precondition_failed', undefined])
    const now = await h.ask({ method: 'GET', path: `${path}mallory`, token: h.admin.token })
    expect(now.text).toContain('First')
    expect((await patch({ 'if-match': '*' }, 'Third')).status).toBe(200)
  })
})

attackSuite(() => ({ url: h.stage.platform.url, api: h.api, token: h.admin.token }))
