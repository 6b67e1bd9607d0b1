import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { asIdentity, testIdentity, until } from '@plinth/testkit'
import type { Identity } from '@plinth/kernel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flows } from '../testing/flows.ts'
import { Harness, type Claimed } from '../testing/harness.ts'

let harness: Harness
let flow: ReturnType<typeof flows>
beforeAll(async () => {
  harness = await Harness.start({ cacheBytesMax: 100_000, cachesMax: 3, cachesBytesMax: 250_000 })
  flow = flows(harness)
})
afterAll(() => harness.close())

const packed = (text: string): Buffer => zstdCompressSync(Buffer.from(text))
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const path = ({ assignment: { project }, ref: { job } }: Claimed, query: string): string =>
  `/api/v1/projects/${project}/jobs/${job}/cache?${query}`

const jobIdentity = ({ assignment, ref }: Claimed, attempt = ref.attempt): Identity => {
  const { project, pipeline } = assignment
  return testIdentity(`job:${project}/${pipeline}`, { claims: { project, pipeline, job: ref.job, attempt: String(attempt) } }) // prettier-ignore
}

const keep = (taken: Claimed, body: Uint8Array, index = 0, sha256 = sha256Of(body), who = jobIdentity(taken)) =>
  harness.call<{ code: string; key: string }>('PUT', path(taken, `index=${index}&sha256=${sha256}`), { body, who })

/** The bytes that the job is given, or the code of the refusal. */
async function fetched(taken: Claimed, index = 0, who = jobIdentity(taken)): Promise<Buffer | string> {
  const answer = await fetch(`${harness.app.url}${path(taken, `index=${index}`)}`, { headers: asIdentity(who) })
  if (answer.status !== 200) return ((await answer.json()) as { code: string }).code
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect(answer.headers.get('etag')).toBe(`"${sha256Of(bytes)}"`)
  return bytes
}

type Run = { caches?: string; isProtected?: boolean; repository?: string }
const job = async (project: string, { caches = '{ key: k, paths: [x] }', isProtected = true, repository = 'ledger' }: Run = {}) => {
  const ref = isProtected ? 'refs/heads/main' : 'refs/heads/anybody'
  const known = (await flow.latest(project))?.id
  await harness.push(project, `a: { script: x, cache: ${caches} }`, { protected: isProtected, repository, ref })
  await until(async () => (await flow.latest(project))?.id !== known, { what: 'the next pipeline' })
  return flow.claimed(project, 'a')
} // prettier-ignore

it('what one run keeps the next one gets, under the first of its keys that there is', async () => {
  const first = await job('plain', { caches: '{ key: "$CI_COMMIT_REF_SLUG", paths: [x] }' })
  expect(first.assignment.caches).toEqual([
    { key: 'main', fallbackKeys: [], paths: ['x'], untracked: false, when: 'on_success', policy: 'pull-push' },
  ])
  expect(await fetched(first)).toBe('pipelines.cache_unknown')
  const bytes = packed('of main')
  expect(await keep(first, bytes)).toMatchObject({ status: 201, body: { key: 'main' } })
  const next = await job('plain', { caches: '[{ key: none, paths: [x], fallback_keys: [also-none, main] }, { key: x }]' })
  expect(await fetched(next)).toEqual(bytes)
  expect(await fetched(next, 1)).toBe('pipelines.cache_unknown')
  expect(await fetched(next, 2)).toBe('pipelines.cache_unknown')
}) // prettier-ignore

it('a poisoned cache never crosses from an unprotected ref to a protected one, whatever its key is called', async () => {
  const attacker = await job('trust', { isProtected: false })
  expect((await keep(attacker, packed('poison'))).status).toBe(201)
  const victim = await job('trust', { caches: '{ key: k, paths: [x], fallback_keys: [k-protected, default] }' })
  expect(await fetched(victim)).toBe('pipelines.cache_unknown')
  const good = packed('good')
  await keep(victim, good)
  expect(await fetched(victim)).toEqual(good)
  // Nor does a protected one give away what it keeps, unless its own file says that it wants to share.
  expect(await fetched(attacker)).toEqual(packed('poison'))
  const sharing = await job('trust', { caches: '{ key: k, paths: [x], unprotect: true }' })
  expect(sharing.assignment.caches?.[0]?.note).toContain('shared with refs that are not protected')
  expect(await fetched(sharing)).toEqual(packed('poison'))
})

it('neither the token of another job, nor an old attempt, nor a person, nor another repository gets at a cache', async () => {
  const owner = await job('guard')
  await keep(owner, packed('mine'))
  const other = await job('guard', { repository: 'other' })
  expect(await fetched(other)).toBe('pipelines.cache_unknown')
  expect(await fetched(owner, 0, jobIdentity(other))).toBe('pipelines.job_unknown')
  expect(await fetched(owner, 0, jobIdentity(owner, 7))).toBe('pipelines.attempt_stale')
  expect(await fetched(owner, 0, testIdentity())).toBe('gateway.permission_denied')
  expect((await keep(owner, packed('x'), 0, undefined, jobIdentity(other))).body.code).toBe('pipelines.job_unknown')
  await harness.finish(owner, 'success')
  expect((await keep(owner, packed('late'))).body.code).toBe('pipelines.attempt_stale')
})

it('a policy binds the job that has it: pull keeps nothing, push gets nothing', async () => {
  const caches = '[{ key: a, policy: pull }, { key: b, policy: push }, { key: c, policy: "$WRONG" }]'
  const taken = await job('policy', { caches })
  expect((await keep(taken, packed('x'), 0)).body.code).toBe('pipelines.cache_unknown')
  expect((await keep(taken, packed('x'), 1)).status).toBe(201)
  expect(await fetched(taken, 1)).toBe('pipelines.cache_unknown')
  expect((await keep(taken, packed('x'), 2)).body.code).toBe('pipelines.cache_unknown')
  expect(taken.assignment.caches?.[2]).toMatchObject({ policy: 'none', note: expect.stringContaining('expected pull') })
})

it('the key of files is their state: the same for the same files, `default` where there are none', async () => {
  harness.files.set('package-lock.json', 'blob-1')
  const caches = '[{ key: { files: [package-lock.json, none], prefix: $CI_JOB_NAME } }, { key: { files: [none] } }]'
  const first = await job('files', { caches })
  const digest = createHash('sha1').update('blob-1').digest('hex')
  expect(first.assignment.caches?.map(({ key }) => key)).toEqual([`a-${digest}`, 'default'])
  harness.files.set('package-lock.json', 'blob-2')
  const next = await job('files', { caches })
  expect(next.assignment.caches?.[0]?.key).not.toBe(`a-${digest}`)
})

it('two jobs that write one key at once: the later stays, whole, and nothing is left of the other', async () => {
  const taken = await job('race')
  const bodies = Array.from({ length: 8 }, () => zstdCompressSync(randomBytes(60_000)))
  const answers = await Promise.all(bodies.map((body) => keep(taken, body)))
  expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 201))
  const kept = await fetched(taken)
  expect(bodies.filter((body) => body.equals(kept as Buffer))).toHaveLength(1)
  const { body } = await harness.call<{ items: { key: string }[] }>('GET', '/api/v1/projects/race/caches')
  expect(body.items).toMatchObject([{ key: 'k', trust: 'protected', repository: 'ledger', ref: 'refs/heads/main' }])
})

it('what is not used for the longest time gives way, within its own trust alone', async () => {
  const four = '[{ key: a }, { key: b }, { key: c }, { key: d }]'
  const taken = await job('evict', { caches: four })
  for (const index of [0, 1, 2]) await keep(taken, packed(`${index}`), index)
  await fetched(taken, 0)
  await keep(taken, packed('3'), 3)
  expect(await fetched(taken, 1)).toBe('pipelines.cache_unknown')
  expect(await fetched(taken, 0)).toEqual(packed('0'))
  const anybody = await job('evict', { caches: four, isProtected: false })
  for (const index of [0, 1, 2, 3]) await keep(anybody, zstdCompressSync(randomBytes(90_000)), index)
  expect(await fetched(anybody, 1)).toBe('pipelines.cache_unknown')
  expect(await fetched(taken, 0)).toEqual(packed('0'))
})

it('what breaks off, is too much, is empty or not what was announced leaves nothing', async () => {
  const taken = await job('refuse')
  const folder = join(harness.dataDir, 'caches')
  const before = readdirSync(folder)
  expect((await keep(taken, zstdCompressSync(randomBytes(200_000)))).status).toBe(413)
  expect((await keep(taken, new Uint8Array())).status).toBe(400)
  expect((await keep(taken, packed('x'), 0, '0'.repeat(64))).status).toBe(400)
  await new Promise<void>((resolve) => {
    const upload = request(`${harness.app.url}${path(taken, `index=0&sha256=${'0'.repeat(64)}`)}`, {
      method: 'PUT',
      headers: { ...asIdentity(jobIdentity(taken)), 'content-length': 50_000 },
    })
    upload.on('error', () => resolve())
    upload.write(packed('x'), () => upload.destroy())
    upload.on('close', () => resolve())
  })
  await until(() => readdirSync(folder).length === before.length)
  expect(await fetched(taken)).toBe('pipelines.cache_unknown')
})

it('what tasks of Nx make is kept once by its hash, of each trust for itself', async () => {
  const [trusted, anybody] = [await job('nx'), await job('nx', { isProtected: false })]
  const base = (taken: Claimed) => `/api/v1/projects/nx/jobs/${taken.ref.job}/nx`
  expect(trusted.assignment.variables['NX_SELF_HOSTED_REMOTE_CACHE_SERVER']).toContain(base(trusted))
  const ask = (method: string, taken: Claimed, hash: string, text?: string, who = jobIdentity(taken)) => {
    const body = text === undefined ? {} : { body: Buffer.from(text) }
    return harness.call(method, `${base(taken)}/v1/cache/${hash}`, { who, ...body })
  }
  expect((await ask('PUT', anybody, '123', 'poison')).status).toBe(200)
  expect((await ask('GET', trusted, '123')).status).toBe(404)
  expect((await ask('PUT', trusted, '123', 'good')).status).toBe(200)
  expect((await ask('PUT', trusted, '123', 'other')).status).toBe(409)
  expect((await ask('GET', trusted, '123')).text).toBe('good')
  const atOnce = await Promise.all(['a', 'b', 'c', 'd'].map((text) => ask('PUT', trusted, '456', text)))
  expect(atOnce.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409])
  expect((await ask('GET', trusted, '123', undefined, testIdentity())).status).toBe(403)
  expect((await ask('GET', trusted, '123', undefined, jobIdentity(anybody))).status).toBe(404)
  const sly = await job('nx', { caches: '{ key: "nx$SLASH", paths: [x] }' })
  expect(sly.assignment.caches?.[0]?.key).toBe('nx')
})
