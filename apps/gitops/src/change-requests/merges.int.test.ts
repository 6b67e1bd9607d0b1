import { archiveRepository, changedFiles, readFiles, resolveRevision } from '@plinth/contracts'
import { sql } from '@plinth/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { branchRef, repositoryFolder, zeroRevision } from '../git/names.ts'
import { mustGit } from '../git/process.ts'
import { findRepository } from '../repositories/store.ts'
import { clone, startHouse, type House } from '../test-support/house.ts'
import { until } from '../test-support/until.ts'

const pushed = 'dev.plinth.gitops.repository.pushed.v1'
let house: House
beforeAll(async () => {
  house = await startHouse()
})
afterAll(() => house.close())

const path = (repository: string, rest = ''): string => `/api/v1/projects/payments/repositories/${repository}${rest}`
const requests = (repository: string, rest = ''): string => path(repository, `/change-requests${rest}`)

/** A repository with a pushed branch `topic` beyond main. */
async function withTopic(name: string) {
  await house.seed('payments', name, { 'a.txt': 'one\n', 'b.txt': 'b\n' })
  const work = await clone(house.gitUrl('dev', 'payments', name))
  await work.ok('checkout', '-q', '-b', 'topic')
  const head = await work.commit('a.txt', 'two\n', 'Say two')
  await work.ok('push', '-q', 'origin', 'topic')
  return { work, head }
}

describe('change requests', () => {
  test('a branch is asked for, looked at, approved by another, merged, and the merge is an event of cause merge', async () => {
    const { work, head } = await withTopic('flow')
    const opened = await house.call('dev', 'POST', requests('flow'), { sourceBranch: 'topic', title: 'Say two' })
    expect(opened).toMatchObject({
      status: 201,
      body: { state: 'open', targetBranch: 'main', toRevision: head, kind: 'merge' },
    })
    const { number } = opened.body
    expect(
      (await house.call('dev', 'POST', requests('flow'), { sourceBranch: 'topic', title: 'Again' })).body,
    ).toMatchObject({ code: 'gitops.change_request_exists' })
    const detail = (await house.call('lead', 'GET', requests('flow', `/${number}`))).body
    expect(detail).toMatchObject({
      mergeable: true,
      diffTruncated: false,
      commits: [{ title: 'Say two', author: 'Ana' }],
    })
    expect(detail.diff).toContain('-one\n+two')
    expect((await house.call('lead', 'POST', requests('flow', `/${number}/merge`))).body).toMatchObject({
      status: 409,
      code: 'gitops.approval_missing',
    })
    expect((await house.call('dev', 'POST', requests('flow', `/${number}/approve`))).body).toMatchObject({
      status: 403,
      code: 'gitops.self_approval_refused',
    })
    expect((await house.call('lead', 'POST', requests('flow', `/${number}/approve`))).body).toMatchObject({
      state: 'approved',
    })

    // What was approved is not what is there any more.
    const newer = await work.commit('a.txt', 'three\n', 'Say three')
    await work.ok('push', '-q', 'origin', 'topic')
    await until(async () => (await house.call('lead', 'GET', requests('flow', `/${number}`))).body.state === 'open')
    expect((await house.call('lead', 'GET', requests('flow', `/${number}`))).body).toMatchObject({
      approvals: [],
      toRevision: newer,
    })
    expect((await house.call('lead', 'POST', requests('flow', `/${number}/merge`))).body).toMatchObject({
      code: 'gitops.approval_missing',
    })

    await house.call('lead', 'POST', requests('flow', `/${number}/approve`))
    const merged = await house.call('lead', 'POST', requests('flow', `/${number}/merge`))
    expect(merged).toMatchObject({ status: 200, body: { state: 'merged' } })
    const told = await until(() =>
      house.told(pushed).find(({ repository, cause }) => repository === 'flow' && cause === 'merge'),
    )
    expect(told).toMatchObject({ after: merged.body.result, actor: 'user:lead', ref: 'refs/heads/main' })
    await work.ok('fetch', '-q')
    expect(await work.ok('show', 'origin/main:a.txt')).toBe('three')
    expect((await house.call('lead', 'POST', requests('flow', `/${number}/merge`))).body).toMatchObject({
      code: 'gitops.change_request_closed',
    })
    expect((await house.call('lead', 'GET', requests('flow', `/${number}`))).body.diff).toContain('+three')
    await work.remove()
  })

  test('with its repository a merge ends, and the next repository of its name begins without it', async () => {
    const { work, head } = await withTopic('again')
    const asked = { sourceBranch: 'topic', title: 'Say two' }
    const { number } = (await house.call('dev', 'POST', requests('again'), asked)).body
    await house.bus.ask(archiveRepository, { project: 'payments', repository: 'again', actor: 'user:ana' })
    await work.remove()
    const next = await withTopic('again')
    await next.work.remove()
    const all = (await house.call('dev', 'GET', '/api/v1/projects/payments/change-requests')).body.items
    expect(all.find((one: { number: number }) => one.number === number)).toMatchObject({
      state: 'closed',
      toRevision: head,
    })
    expect((await house.call('dev', 'POST', requests('again'), asked)).status).toBe(201)
  })

  test('a conflict names the files and moves nothing', async () => {
    const { work, head } = await withTopic('clash')
    const { number } = (await house.call('dev', 'POST', requests('clash'), { sourceBranch: 'topic', title: 'Two' }))
      .body
    await work.ok('checkout', '-q', 'main')
    const main = await work.commit('a.txt', 'zero\n', 'Say zero')
    await work.ok('push', '-q', 'origin', 'main')
    await house.call('lead', 'POST', requests('clash', `/${number}/approve`))
    expect((await house.call('lead', 'GET', requests('clash', `/${number}`))).body).toMatchObject({
      mergeable: false,
      toRevision: head,
    })
    const merged = await house.call('lead', 'POST', requests('clash', `/${number}/merge`))
    expect(merged).toMatchObject({ status: 409, body: { code: 'gitops.merge_conflict', errors: [{ path: 'a.txt' }] } })
    expect(await work.ok('ls-remote', 'origin', 'main')).toContain(main)
    await work.remove()
  })

  test('nothing to merge, unknown branches, itself, and foreign numbers are refused', async () => {
    const { work } = await withTopic('edges')
    await withTopic('others')
    const post = async (body: unknown) => (await house.call('dev', 'POST', requests('edges'), body)).body
    expect(await post({ sourceBranch: 'main', targetBranch: 'topic', title: 'x' })).toMatchObject({
      code: 'gitops.nothing_to_promote',
    })
    expect(await post({ sourceBranch: 'nope', title: 'x' })).toMatchObject({ code: 'gitops.revision_unknown' })
    expect(await post({ sourceBranch: 'main', title: 'x' })).toMatchObject({ code: 'platform.request_invalid' })
    for (const sourceBranch of ['--upload-pack=x', '../x', 'a..b', '-x', '', 'a\u202eb'])
      expect(await post({ sourceBranch, title: 'x' })).toMatchObject({ status: 400 })
    const { number } = await post({ sourceBranch: 'topic', title: 'x' })
    expect((await house.call('dev', 'GET', requests('others', `/${number}`))).body).toMatchObject({
      code: 'gitops.change_request_unknown',
    })
    expect((await house.call('dev', 'POST', requests('edges', `/${number}/close`))).body).toMatchObject({
      state: 'closed',
    })
    await work.remove()
  })

  test('a merge whose author died after the branch moved is told by the reconciler', async () => {
    const { work, head } = await withTopic('died')
    const { number } = (await house.call('dev', 'POST', requests('died'), { sourceBranch: 'topic', title: 'Two' })).body
    await house.call('lead', 'POST', requests('died', `/${number}/approve`))
    await house.store.sql(
      sql`update change_requests set merge_revision = ${head} where project = 'payments' and number = ${number}`,
    )
    await inFolder('died', ['update-ref', branchRef('main'), head])
    await house.restart()
    await until(async () => (await house.call('dev', 'GET', requests('died', `/${number}`))).body.state === 'merged')
    await work.remove()
  })
})

/** What a git process does that nobody heard of: the service died, or somebody used the folder. */
async function inFolder(name: string, args: string[]): Promise<string> {
  const repository = await findRepository(house.store.db, 'payments', name)
  if (repository === undefined) throw new Error('no such repository')
  return mustGit(repositoryFolder(house.root, repository), args)
}

describe('death between a ref and its event', () => {
  test('a push whose event was not written is told once after the next start, with who pushed', async () => {
    const { revision } = await house.seed('payments', 'killed')
    await until(() => house.told(pushed).find(({ repository }) => repository === 'killed'))
    const tree = (await inFolder('killed', ['rev-parse', `${revision}^{tree}`])).trim()
    const steps = [revision]
    const repository = await findRepository(house.store.db, 'payments', 'killed')
    for (const message of ['one', 'two']) {
      const before = steps.at(-1) ?? ''
      const env = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@b' }
      const after = (
        await mustGit(
          repositoryFolder(house.root, repository ?? { project: '', name: '', id: '' }),
          ['commit-tree', tree, '-p', before, '-m', message],
          { env },
        )
      ).trim()
      steps.push(after)
      await house.store
        .sql(sql`insert into ref_intents (repository_id, ref, before_revision, after_revision, actor, cause)
        values (${repository?.id ?? ''}, ${branchRef('main')}, ${before}, ${after}, ${`user:${message}`}, 'push')`)
    }
    // A refused push left its intent too: it must not be told.
    await house.store
      .sql(sql`insert into ref_intents (repository_id, ref, before_revision, after_revision, actor, cause)
      values (${repository?.id ?? ''}, ${branchRef('evil')}, ${zeroRevision}, ${revision}, 'user:evil', 'push')`)
    await inFolder('killed', ['update-ref', branchRef('main'), steps[2] ?? ''])
    await house.restart()
    const told = await until(() => {
      const found = house.told(pushed).filter(({ repository: name }) => name === 'killed')
      return found.length >= 3 && found
    })
    expect(told.map(({ before, after, actor }) => ({ before, after, actor }))).toEqual([
      { before: zeroRevision, after: steps[0], actor: 'user:ana' },
      { before: steps[0], after: steps[1], actor: 'user:one' },
      { before: steps[1], after: steps[2], actor: 'user:two' },
    ])
    await house.restart()
    expect(house.told(pushed).filter(({ repository: name }) => name === 'killed')).toHaveLength(3)
  })

  test('the same creation again answers the same, other files are a conflict, and an archived name is free', async () => {
    const first = await house.seed('payments', 'twice', { a: '1' })
    const both = await Promise.all([
      house.seed('payments', 'twice', { a: '1' }),
      house.seed('payments', 'twice', { a: '1' }),
    ])
    expect(both).toEqual([first, first])
    await expect(house.seed('payments', 'twice', { a: '2' })).rejects.toMatchObject({
      code: 'gitops.repository_exists',
    })
    for (const bad of ['../x', '/etc/passwd', '.git/config', 'a//b', 'a\nb', 'a/../../b']) {
      await expect(house.seed('payments', 'hostile', { [bad]: '2' })).rejects.toMatchObject({
        code: 'platform.request_invalid',
      })
    }
    await expect(house.seed('../..', 'twice')).rejects.toMatchObject({ code: 'platform.request_invalid' })
    await expect(
      house.bus.ask(archiveRepository, { project: 'payments', repository: 'twice', actor: 'user:ana' }),
    ).resolves.toEqual({ archived: true })
    expect((await house.call('ana', 'GET', path('twice'))).body).toMatchObject({ code: 'gitops.repository_unknown' })
    expect((await house.seed('payments', 'twice', { a: '2' })).revision).not.toBe(first.revision)
  })
})

describe('reading', () => {
  test('files, trees, commits and differences are read at a revision; links, binaries and outside paths are not there', async () => {
    const { revision } = await house.seed('payments', 'reader', { 'a.txt': 'ä\n', 'dir/b.txt': 'b' })
    const work = await clone(house.gitUrl('ana', 'payments', 'reader'))
    await symlink('/etc/passwd', join(work.folder, 'link'))
    await symlink('dir', join(work.folder, 'dirlink'))
    await work.commit('big.txt', 'x'.repeat(1024 * 1024 + 1))
    const head = await work.commit('binary', 'a\u0000b')
    await work.ok('push', '-q', 'origin', 'main')
    const key = { project: 'payments', repository: 'reader' }
    const paths = [
      'a.txt',
      'dir/b.txt',
      'dir',
      'link',
      'dirlink/b.txt',
      'big.txt',
      'binary',
      '../x',
      '/etc/passwd',
      'no',
      'a.txt\nHEAD',
      '-x',
      ':(glob)**',
      '__proto__',
    ]
    const { files } = await house.bus.ask(readFiles, { ...key, revision: head, paths })
    expect(Object.entries(files).filter(([, text]) => text !== null)).toEqual([
      ['a.txt', 'ä\n'],
      ['dir/b.txt', 'b'],
    ])
    expect(await house.bus.ask(changedFiles, { ...key, from: revision, to: head })).toMatchObject({
      known: true,
      paths: ['big.txt', 'binary', 'dirlink', 'link'],
    })
    expect(await house.bus.ask(changedFiles, { ...key, from: zeroRevision, to: head })).toEqual({
      known: false,
      paths: [],
    })
    expect(await house.bus.ask(resolveRevision, { ...key, ref: 'main' })).toMatchObject({
      found: true,
      revision: head,
      ref: 'refs/heads/main',
      protected: true,
    })
    for (const ref of ['-x', '--all', 'main^', 'HEAD~1', 'a..b', 'refs/heads/../x', 'no'])
      expect(await house.bus.ask(resolveRevision, { ...key, ref })).toEqual({ found: false })

    const get = async (rest: string) => (await house.call('ana', 'GET', path('reader', rest))).body
    expect(await get('')).toMatchObject({
      head,
      cloneUrl: 'http://localhost:8080/git/payments/reader.git',
      protectedBranches: ['main'],
    })
    expect((await get('/tree?ref=main')).items).toContainEqual({ path: 'link', kind: 'symlink', sizeBytes: 11 })
    expect((await get('/tree?path=dir')).items).toEqual([{ path: 'dir/b.txt', kind: 'file', sizeBytes: 1 }])
    expect(await get('/file?path=a.txt')).toMatchObject({ content: 'ä\n', truncated: false, revision: head })
    for (const hostile of ['../../etc/passwd', '%2e%2e/x', 'link', '/etc/passwd', '.git/config', 'dir%00'])
      expect(await get(`/file?path=${hostile}`)).toMatchObject({
        code: expect.stringMatching(/path_unknown|request_invalid/),
      })
    for (const hostile of ['--help', '-x', 'a..b', 'nope'])
      expect(await get(`/commits?ref=${hostile}`)).toMatchObject({
        code: expect.stringMatching(/revision_unknown|request_invalid/),
      })
    const first = await get('/commits?limit=2')
    const second = await get(`/commits?limit=2&cursor=${first.nextCursor}`)
    expect([...first.items, ...second.items].map(({ id }: { id: string }) => id)).toEqual([
      head,
      expect.any(String),
      revision,
    ])
    expect(await get('/commits?cursor=WyItLWFsbCIsMF0')).toMatchObject({ code: 'platform.cursor_invalid' })
    await work.remove()
  })
})
