import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { asIdentity, testIdentity, until } from '@plinth/testkit'
import type { Identity } from '@plinth/kernel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flows } from '../testing/flows.ts'
import { Harness, type Claimed } from '../testing/harness.ts'

let harness: Harness
let flow: ReturnType<typeof flows>
beforeAll(async () => {
  harness = await Harness.start({ artifactBytesMax: 100_000 })
  flow = flows(harness)
})
afterAll(() => harness.close())

const jobIdentity = ({ assignment, ref }: Claimed, changes: Record<string, string> = {}): Identity =>
  testIdentity(`job:${assignment.project}/${assignment.pipeline}`, {
    claims: {
      project: assignment.project,
      pipeline: assignment.pipeline,
      job: ref.job,
      attempt: String(ref.attempt),
      ...changes,
    },
  })

const upload = (taken: Claimed, body: Uint8Array, who = jobIdentity(taken), project = taken.assignment.project) =>
  harness.call<{ id: string; sha256: string; code: string }>(
    'PUT',
    `/api/v1/projects/${project}/jobs/${taken.ref.job}/artifact?name=workload`,
    { body, who },
  )

const start = async (project: string): Promise<Claimed> => {
  await harness.push(
    project,
    'a: { stage: build, script: x, artifacts: { paths: [dist] } }\nb: { stage: test, script: y }',
  )
  return flow.claimed(project, 'a')
}

it('an artifact goes in with the job, out to who asks, to the jobs after it, and into the event of the pipeline', async () => {
  const taken = await start('store')
  const bytes = gzipSync(randomBytes(50_000))
  const { status, body } = await upload(taken, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  expect([status, body]).toEqual([201, { id: body.id, job: taken.ref.job, sha256, sizeBytes: bytes.length }])
  await harness.finish(taken, 'success', { artifact: body.id })
  const next = await flow.claimed('store', 'b')
  expect(next.assignment.dependencies).toEqual([{ job: taken.ref.job, name: 'a', artifact: body }])
  const response = await fetch(`${harness.app.url}/api/v1/projects/store/artifacts/${body.id}`, {
    headers: asIdentity(),
  })
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    etag: `"${sha256}"`, 'content-length': String(bytes.length), 'content-disposition': 'attachment; filename="workload.tar.gz"', 'x-content-type-options': 'nosniff',
  }) // prettier-ignore
  const again = await fetch(`${harness.app.url}/api/v1/projects/store/artifacts/${body.id}`, {
    headers: { ...asIdentity(), 'if-none-match': `"${sha256}"` },
  })
  expect(again.status).toBe(304)
  await harness.finish(next, 'success')
  const done = await flow.status('store', 'success')
  const listed = await harness.call<{ items: { name: string }[] }>(
    'GET',
    `/api/v1/projects/store/pipelines/${done.id}/artifacts`,
  )
  expect(listed.body.items).toMatchObject([{ id: body.id, name: 'workload' }])
  const told = await until(() =>
    harness.events.find(({ data }) => data['pipeline'] === done.id && data['finished'] === true),
  )
  expect(told.data['artifacts']).toEqual([{ name: 'workload', artifact: body }])
})

it('a job of another project, another job, an old attempt and a person cannot store one', async () => {
  const taken = await start('guard')
  const bytes = gzipSync('x')
  const other = await start('other-guard')
  expect((await upload(taken, bytes, jobIdentity(other))).body.code).toBe('pipelines.job_unknown')
  expect((await upload(taken, bytes, jobIdentity(taken), 'other-guard')).status).toBe(404)
  expect((await upload(taken, bytes, jobIdentity(taken, { attempt: '2' }))).body.code).toBe('pipelines.attempt_stale')
  expect((await upload(taken, bytes, testIdentity())).status).toBe(403)
  await harness.finish(taken, 'success')
  expect((await upload(taken, bytes)).body.code).toBe('pipelines.attempt_stale')
})

it('an artifact of another project is not there', async () => {
  const taken = await start('private')
  const { body } = await upload(taken, gzipSync('x'))
  expect((await harness.call('GET', `/api/v1/projects/public-one/artifacts/${body.id}`)).status).toBe(404)
  expect((await harness.call('GET', '/api/v1/projects/private/artifacts/art_00000')).status).toBe(404)
  expect((await harness.call('GET', '/api/v1/projects/private/artifacts/..%2Fx')).status).toBe(400)
})

it('nothing, no gzip, and too much are refused, and nothing of them is kept', async () => {
  const taken = await start('refuse')
  expect((await upload(taken, new Uint8Array())).status).toBe(400)
  expect((await upload(taken, Buffer.from('PK zip'))).status).toBe(400)
  expect((await upload(taken, gzipSync(randomBytes(200_000)))).status).toBe(413)
  const { body } = await harness.call<{ items: unknown[] }>(
    'GET',
    `/api/v1/projects/refuse/pipelines/${taken.assignment.pipeline}/artifacts`,
  )
  expect(body.items).toEqual([])
})

it('an upload that breaks off leaves nothing', async () => {
  const taken = await start('broken')
  await new Promise<void>((resolve) => {
    const upload = request(`${harness.app.url}/api/v1/projects/broken/jobs/${taken.ref.job}/artifact`, {
      method: 'PUT',
      headers: { ...asIdentity(jobIdentity(taken)), 'content-length': 50_000 },
    })
    upload.on('error', () => resolve())
    upload.write(gzipSync('x'), () => upload.destroy())
    upload.on('close', () => resolve())
  })
  expect((await upload(taken, gzipSync('whole'))).status).toBe(201)
  const { body } = await harness.call<{ items: unknown[] }>(
    'GET',
    `/api/v1/projects/broken/pipelines/${taken.assignment.pipeline}/artifacts`,
  )
  expect(body.items).toHaveLength(1)
})

it('a job cannot finish with an artifact that it did not store', async () => {
  const taken = await start('forge')
  const { body } = await upload(await start('forge-other'), gzipSync('x'))
  await expect(harness.finish(taken, 'success', { artifact: body.id })).rejects.toThrow('artifact_unknown')
  expect(await flow.statuses('forge')).toMatchObject({ a: 'running' })
})
