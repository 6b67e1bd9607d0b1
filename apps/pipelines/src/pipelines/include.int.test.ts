import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flows } from '../testing/flows.ts'
import { Harness } from '../testing/harness.ts'

let harness: Harness
let flow: ReturnType<typeof flows>
beforeAll(async () => {
  harness = await Harness.start()
  flow = flows(harness)
})
afterAll(() => harness.close())

describe('a push with more than one file', () => {
  it('runs what its files say together, asks which files are there, and says which file is wrong', async () => {
    harness.files.set('ci/jobs.yml', 'spec: { inputs: { word: {} } }\n---\nsaid: { script: ["$[[ inputs.word ]]"] }')
    harness.files.set('docker/Dockerfile', 'FROM scratch')
    const text = `
include: { local: ci/jobs.yml, inputs: { word: hello } }
picture: { script: build, rules: [{ exists: ["**/Dockerfile"] }] }
none: { script: x, rules: [{ exists: ["*.go", docs/] }] }
`
    await harness.push('several', text)
    expect((await flow.claimed('several', 'said')).assignment.script).toEqual(['hello'])
    const { id = '' } = (await flow.latest('several')) ?? {}
    const { jobs } = (await harness.call('GET', `/api/v1/projects/several/pipelines/${id}`)).body as { jobs: { name: string }[] }
    expect(jobs.map(({ name }) => name).sort()).toEqual(['picture', 'said'])
    await harness.push('unfound', 'include: ci/gone.yml')
    expect((await flow.status('unfound', 'failed')).problems).toMatchObject([
      { file: '.gitlab-ci.yml', line: 1, column: 10, message: expect.stringContaining('ci/gone.yml') },
    ])
  }) // prettier-ignore
})
