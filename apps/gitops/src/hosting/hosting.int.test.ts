import { gzipSync } from 'node:zlib'
import { sql } from '@plinth/store'
import { asIdentity } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flushPkt, pktLine } from '../git/pkt-line.ts'
import { clone, runClient, startHouse, type House } from '../test-support/house.ts'
import { until } from '../test-support/until.ts'

const pushed = 'dev.plinth.gitops.repository.pushed.v1'
const audited = 'dev.plinth.gitops.audit.recorded.v1'
let house: House

beforeAll(async () => {
  house = await startHouse()
})
afterAll(() => house.close())

describe('git over HTTP', () => {
  test('a clone has the seeded files, and a push of a commit is told once, with who and what', async () => {
    const { revision } = await house.seed('payments', 'ledger')
    const work = await clone(house.gitUrl('ana', 'payments', 'ledger'))
    expect(await work.ok('rev-parse', 'HEAD')).toBe(revision)
    const next = await work.commit('app.js', 'console.log(1)\n', 'Print one')
    await work.ok('push', '-q', 'origin', 'main')
    const events = await until(() => {
      const found = house.told(pushed).filter(({ repository }) => repository === 'ledger')
      return found.length >= 2 && found
    })
    expect(events).toHaveLength(2)
    expect(events[0]).toMatchObject({
      cause: 'scaffold',
      actor: 'user:ana',
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: revision,
      title: 'Begin',
    })
    expect(events[1]).toMatchObject({
      cause: 'push',
      actor: 'user:ana',
      before: revision,
      after: next,
      title: 'Print one',
      author: 'Ana',
      protected: true,
    })
    const actions = (): string[] => house.told(audited).map(({ action }) => action)
    await until(() => actions().includes('repository.create') && actions().includes('repository.push'))
    await work.remove()
  })

  test('many branches and tags in one push, a fetch by another clone, and a large pack all arrive', async () => {
    await house.seed('payments', 'bulk')
    const [one, two] = [
      await clone(house.gitUrl('ana', 'payments', 'bulk')),
      await clone(house.gitUrl('bo', 'payments', 'bulk')),
    ]
    // Over git's 1 MiB buffer: the client asks with an empty request first and then sends in chunks.
    const noise = Array.from({ length: 60_000 }, (_, line) => `${line} ${Math.random()} ${Math.random()}`).join('\n')
    await one.commit('noise.txt', noise)
    await one.ok('branch', 'feature/a')
    await one.ok('tag', 'v1')
    await one.ok('push', '-q', 'origin', 'main', 'feature/a', 'v1')
    await two.ok('fetch', '-q', '--tags')
    expect(await two.ok('rev-parse', 'origin/feature/a', 'v1', 'origin/main')).toBe(
      `${await one.ok('rev-parse', 'HEAD')}\n`.repeat(3).trim(),
    )
    await two.ok('fetch', '-q', '--depth=1', 'origin', await one.ok('rev-parse', 'HEAD'))
    await one.ok('push', '-q', 'origin', ':feature/a')
    const gone = await until(() =>
      house.told(pushed).find(({ repository, after }) => repository === 'bulk' && after === '0'.repeat(40)),
    )
    expect(gone).toMatchObject({ ref: 'refs/heads/feature/a' })
    await Promise.all([one.remove(), two.remove()])
  })

  test('a force push and a deletion of the protected branch are refused, git says why, and nothing moves', async () => {
    const { revision } = await house.seed('payments', 'guarded')
    const work = await clone(house.gitUrl('ana', 'payments', 'guarded'))
    await work.ok('checkout', '-q', '--orphan', 'other')
    await work.commit('x', 'x')
    const forced = await work.run('push', '--force', 'origin', 'other:main')
    expect(forced.code).not.toBe(0)
    expect(forced.stderr).toContain('non-fast-forward')
    const mixed = await work.run('push', '--force', 'origin', 'other:feature', 'other:main')
    expect(mixed.code).not.toBe(0)
    const deleted = await work.run('push', 'origin', ':main', 'other:fresh')
    expect(deleted.code).not.toBe(0)
    expect(deleted.stderr).toMatch(/remote: The branch 'main' is protected: it can't be deleted/)
    expect(deleted.stderr).toMatch(/\[remote rejected\] main \(protected branch\)/)
    expect(await work.ok('ls-remote', 'origin')).toBe(`${revision}\tHEAD\n${revision}\trefs/heads/main`)
    await work.remove()
  })

  test('a branch that takes change requests only refuses a direct push with advice, and the denial is audited', async () => {
    const { revision } = await house.seed('payments', 'strict')
    await house.store.sql(
      sql`update repositories set protection = '[{"branch":"main","push":"change-request-only"}]'::jsonb where name = 'strict'`,
    )
    const work = await clone(house.gitUrl('ana', 'payments', 'strict'))
    await work.commit('x', 'x')
    const refused = await work.run('push', 'origin', 'main')
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/remote: .*push another branch and open a change request into 'main'/)
    expect(await work.ok('ls-remote', 'origin', 'main')).toContain(revision)
    await work.ok('push', '-q', 'origin', 'main:topic')
    const denial = await until(() =>
      house.told(audited).find(({ object, outcome }) => object === 'repository/strict' && outcome === 'denied'),
    )
    expect(denial).toMatchObject({
      action: 'repository.push',
      actor: 'user:ana',
      detail: { refs: ['refs/heads/main: protected branch'] },
    })
    await work.remove()
  })

  test('an unprotected branch may be forced', async () => {
    await house.seed('payments', 'loose')
    const work = await clone(house.gitUrl('ana', 'payments', 'loose'))
    await work.ok('checkout', '-q', '-b', 'topic')
    await work.commit('x', 'one')
    await work.ok('push', '-q', 'origin', 'topic')
    await work.ok('commit', '-q', '--amend', '-m', 'Other words')
    await work.ok('push', '-q', '--force', 'origin', 'topic')
    expect(await work.ok('ls-remote', 'origin', 'topic')).toContain(await work.ok('rev-parse', 'HEAD'))
    await work.remove()
  })

  test('an unknown repository and a foreign project are the same 404, said to git in words', async () => {
    const messages = ['billing', 'payments'].map(
      async (project) => (await runClient(house.root, ['ls-remote', house.gitUrl('ana', project, 'nothing')])).stderr,
    )
    for (const stderr of await Promise.all(messages)) expect(stderr).toMatch(/remote: There is no repository|not found/)
  })
})

describe('hostile input', () => {
  const path = (repository: string, what: string): string => `${house.url}/git/payments/${repository}.git/${what}`
  const post = (what: string, body: Buffer | string, headers: Record<string, string> = {}) =>
    fetch(path('ledger', what), {
      method: 'POST',
      body,
      headers: { 'content-type': `application/x-${what}-request`, ...asIdentity(), ...headers },
    })

  test.each([
    ['no pkt-line at all', 'garbage'],
    ['a length that is too short', '0003'],
    ['an end before the flush', '00ff'],
    ['a command of something else', `${pktLine('hello').toString()}${flushPkt}`],
    [
      'a ref with a line break',
      `${pktLine(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/a\nb`).toString()}${flushPkt}`,
    ],
  ])('%s is a 400 with a code, and the service lives on', async (_name, body) => {
    const response = await post('git-receive-pack', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'platform.request_invalid' })
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200)
  })

  test('a body that is not what its encoding says, a wrong type and a wrong service are refused', async () => {
    expect((await post('git-receive-pack', 'no gzip', { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post('git-upload-pack', gzipSync('zzzz'), { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post('git-receive-pack', flushPkt, { 'content-encoding': 'br' })).status).toBe(415)
    expect((await post('git-receive-pack', flushPkt, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await fetch(path('ledger', 'info/refs?service=git-annex'), { headers: asIdentity() })).status).toBe(400)
    expect((await fetch(path('ledger', 'info/refs'), { headers: asIdentity() })).status).toBe(400)
    expect((await post('git-receive-pack', flushPkt)).status).toBe(200)
  })

  test('a zipped body that unpacks without end is refused, and the service lives on', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, '0'))
    const response = await post('git-upload-pack', bomb, { 'content-encoding': 'gzip' })
    expect([200, 400, 413]).toContain(response.status)
    await response.arrayBuffer().catch(() => undefined)
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200)
  })

  test('a push announced as larger than the limit is refused before it is read', async () => {
    const response = await post('git-upload-pack', Buffer.alloc(65 * 1024 * 1024))
    expect(response.status).toBe(413)
  })

  test.each([
    'refs/heads/-x',
    'refs/heads/a..b',
    'refs/heads/HEAD',
    'refs/notes/x',
    'refs/heads/.a',
    'HEAD',
    'refs/heads/a.lock',
    'refs/heads/\u202Ea',
  ])('the ref name %s is refused by report', async (ref) => {
    const zero = '0'.repeat(40)
    const body = Buffer.concat([
      pktLine(`${zero} ${'1'.repeat(40)} ${ref}\u0000 report-status side-band-64k`),
      Buffer.from(flushPkt),
    ])
    const text = await (await post('git-receive-pack', body)).text()
    expect(text).toContain(`ng ${ref} name not allowed`)
  })

  test('a broken pack moves nothing and is told to nobody', async () => {
    const before = house.told(pushed).length
    const body = Buffer.concat([
      pktLine(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/broken\u0000 report-status`),
      Buffer.from(`${flushPkt}PACKjunkjunk`),
    ])
    const text = await (await post('git-receive-pack', body)).text()
    expect(text).toMatch(/unpack (?!ok)/)
    const { body: branches } = await house.call('ana', 'GET', '/api/v1/projects/payments/repositories/ledger/branches')
    expect(branches.items.map(({ name }: { name: string }) => name)).toEqual(['main'])
    expect(house.told(pushed)).toHaveLength(before)
  })

  test('answers of git are not kept by caches, and carry their types', async () => {
    const response = await fetch(path('ledger', 'info/refs?service=git-upload-pack'), {
      headers: { ...asIdentity(), 'git-protocol': 'version=2' },
    })
    expect(response.headers.get('content-type')).toBe('application/x-git-upload-pack-advertisement')
    expect(response.headers.get('cache-control')).toContain('no-cache')
    expect(await response.text()).toMatch(/^001e# service=git-upload-pack\n0000000eversion 2\n/)
  })
})
