import { quietLogger, until } from '@plinth/testkit'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { list } from 'tar'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openDataFolder, type DataFolder } from '../files/data-folder.ts'
import { removeTree } from '../files/durable-file.ts'
import { identify, isAlive, processesWithVariable } from '../processes/process-identity.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { layOutTools, type Tools } from '../sandbox/tools.ts'
import {
  artifactOf,
  noSandbox,
  outside,
  sandbox,
  sha256Of,
  temporaryFolder,
  type Outside,
} from '../testing/fixtures.ts'
import { runAttempt, type AttemptParts } from './attempt.ts'
import { logStream } from './log-stream.ts'
import type { Assignment, Finish, Pipelines } from './pipelines.ts'
import { jobRunner } from './worker.ts'

let gateway: Outside
let data: DataFolder
let tools: Tools
let repository: string
let revision: string
let log = ''
let finished: Finish[] = []
let stopWith: 'canceled' | 'stale' | undefined
let assigned: Assignment

/** The pipelines service as the contract describes it. */
const pipelines: Pipelines = {
  claim: async () => ({ claimed: true, assignment: assigned }),
  heartbeat: async () => (stopWith === undefined ? {} : { stop: stopWith }),
  async appendLog(_attempt, offset, text) {
    expect(offset).toBe(Buffer.byteLength(log))
    log += text
    return { nextOffset: Buffer.byteLength(log) }
  },
  async finish(_attempt, how) {
    finished.push(how)
    return { accepted: true }
  },
}

beforeAll(async () => {
  gateway = await outside()
  data = openDataFolder(temporaryFolder())
  tools = layOutTools(data.tools)
  repository = temporaryFolder()
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: repository, encoding: 'utf8' })
  git('init', '-q', '-b', 'main')
  writeFileSync(join(repository, 'hello.txt'), 'hello from the repository')
  execFileSync('ln', ['-s', '/etc', join(repository, 'outlink')])
  git('add', '.')
  git('commit', '-q', '-m', 'first')
  revision = git('rev-parse', 'HEAD').trim()
})
afterAll(async () => {
  await gateway.close()
  removeTree(data.root)
  removeTree(repository)
})
beforeEach(() => {
  log = ''
  finished = []
  stopWith = undefined
  gateway.received.length = 0
})

const job = (more: Partial<Assignment> = {}): Assignment => ({
  job: 'job_1',
  attempt: 1,
  pipeline: 'pip_1',
  project: 'payments',
  repository: 'ledger',
  name: 'test',
  cloneUrl: repository,
  revision,
  ref: 'main',
  token: 'job-token-0123456789',
  gatewayUrl: gateway.url,
  variables: { GREETING: 'hi', PASSWORD: 'correct horse' },
  masked: ['PASSWORD'],
  beforeScript: [],
  script: ['true'],
  afterScript: [],
  timeoutSeconds: 30,
  isolation: 'preferred',
  network: true,
  dependencies: [],
  ...more,
})
const partsWith = (box: Sandbox): AttemptParts => ({
  jobsFolder: data.jobs,
  sandbox: box,
  tools,
  pipelines,
  logger: quietLogger,
})
// In the sandbox, a repository that lies in the machine's /tmp is not there: it is given to the walls as a tool would be.
const visible = (box: Sandbox): AttemptParts => ({
  ...partsWith(box),
  tools: { ...tools, commandBinds: [...tools.commandBinds, [repository, repository]] },
})
const run = (assignment: Assignment, box: Sandbox = sandbox, stop = new AbortController().signal): Promise<Finish> =>
  runAttempt({ job: assignment.job, attempt: assignment.attempt, runner: 'local' }, assignment, visible(box), stop)

describe.each([
  ['in bubblewrap', sandbox],
  ['without bubblewrap', noSandbox],
])('a job %s', (_title, box) => {
  const isMissing = box === sandbox && !sandbox.isIsolating

  test.skipIf(isMissing)(
    'checks out the revision, runs its commands in one shell, shows each, and gives the exit code',
    async () => {
      const how = await run(
        job({
          script: [
            'cd /tmp',
            'X=1',
            'echo "$GREETING $X $PWD"',
            'cat "$CI_PROJECT_DIR/hello.txt"',
            'node --version',
            '(exit 3)',
            'echo never',
          ],
        }),
        box,
      )
      expect(how).toMatchObject({ outcome: 'failed', exitCode: 3 })
      expect(log).toContain('hi 1 /tmp')
      expect(log).toContain('hello from the repository')
      expect(log).toContain('$ echo "$GREETING $X $PWD"')
      expect(log).toContain(process.version)
      expect(log).not.toContain('\nnever')
      expect(log).toContain(box.isIsolating ? 'isolated by bubblewrap' : 'NOT ISOLATED')
      expect(readdirSync(data.jobs)).toEqual([])
    },
  )

  test.skipIf(isMissing)('is killed with everything it started when it is canceled', async () => {
    const stop = new AbortController()
    const running = run(job({ script: ['(setsid sleep 1000 &) ; sleep 1000 & echo started; wait'] }), box, stop.signal)
    await until(() => log.includes('started'), { timeoutMs: 10_000 })
    const root = join(data.jobs, 'job_1-1')
    const mine = processesWithVariable('PLINTH_ATTEMPT')
      .filter(({ value }) => value === root)
      .flatMap(({ pid }) => identify(pid) ?? [])
    expect(mine.length).toBeGreaterThan(0)
    stop.abort('canceled')
    expect(await running).toMatchObject({ outcome: 'canceled' })
    await until(() => mine.every((each) => !isAlive(each)))
    expect(existsSync(root)).toBe(false)
  })

  test.skipIf(isMissing)('ends with timeout when its time is over', async () => {
    expect(await run(job({ timeoutSeconds: 1, script: ['sleep 1000'] }), box)).toMatchObject({ outcome: 'timeout' })
  })

  test.skipIf(isMissing)('never shows its token or a masked variable, in any form', async () => {
    await run(
      job({
        script: [
          'printf corr; sleep 0.3; echo "ect horse"',
          'echo "$CI_JOB_TOKEN" "$(printf %s "x$PASSWORD" | base64)"',
          'env',
        ],
      }),
      box,
    )
    expect(log).toContain('[MASKED]')
    expect(log).not.toContain('correct horse')
    expect(log).not.toContain('job-token-0123456789')
    expect(log).not.toContain(Buffer.from('xcorrect horse').toString('base64').slice(4, 16))
    expect(log).not.toContain(Buffer.from('job:job-token-0123456789').toString('base64'))
  })
})

test('a job finds the plinth command on its PATH', async () => {
  const how = await run(job({ script: ['plinth --help', 'echo "$PLINTH_URL $PLINTH_PROJECT/$PLINTH_REPOSITORY"'] }))
  expect(log).toContain('schema')
  expect(log).toContain(`${gateway.url} payments/ledger`)
  expect(how.outcome).toBe('success')
})

test('without walls, a job that demands them is refused and told why', async () => {
  const how = await run(job({ isolation: 'required', script: ['echo ran'] }), noSandbox)
  expect(how).toMatchObject({ outcome: 'system_failure' })
  expect(how.reason).toContain('the test wants none')
  expect(log).not.toContain('ran\n')
})

test.skipIf(!sandbox.isIsolating)(
  'a job reads neither the state of the runner, nor the folder of another job, nor the processes outside',
  async () => {
    const other = join(data.jobs, 'job_2-1', 'work')
    mkdirSync(other, { recursive: true })
    writeFileSync(join(other, 'secret'), 'of another')
    const how = await run(
      job({
        script: [
          `ls ${data.root}/jobs ${data.root}/workloads || true`,
          `cat ${other}/secret || true`,
          'cat /etc/shadow || true',
          'touch /usr/mark || true',
          'ls /proc | grep -c "^[0-9]*$"',
          'cat /proc/*/environ | tr "\\0" "\\n" | grep -c VITEST || true',
        ],
      }),
    )
    removeTree(join(data.jobs, 'job_2-1'))
    expect(how.outcome).toBe('success')
    expect(log).not.toContain('of another')
    expect(log.match(/No such file or directory/g)?.length).toBeGreaterThanOrEqual(4)
    expect(log).toContain('Read-only file system')
  },
)

test('artifacts are packed by pattern, without what leads out of the project, and uploaded with the job token', async () => {
  const how = await run(
    job({
      script: [
        'mkdir -p dist/deep && echo a > dist/a.js && echo b > dist/deep/b.js && echo c > dist/c.map && ln -s /etc/passwd dist/passwd && ln -s a.js dist/same',
        "echo '<testsuite/>' > junit.xml",
        'printf "VERSION=1.2\\n# x\\nBAD LINE\\n" > build.env',
      ],
      artifacts: {
        name: 'dist',
        paths: ['dist/', 'outlink/passwd', '../x'],
        exclude: ['**/*.map'],
        when: 'always',
        junit: ['*.xml'],
        dotenv: ['build.env'],
      },
    }),
  )
  expect(how).toMatchObject({ outcome: 'success', artifact: 'art_1', dotenv: { VERSION: '1.2' } })
  expect(how.junit.join('')).toContain('<testsuite/>')
  const upload = gateway.received.find(({ method }) => method === 'PUT')
  expect(upload).toMatchObject({
    url: '/api/v1/projects/payments/jobs/job_1/artifact?name=dist',
    authorization: 'Bearer job-token-0123456789',
  })
  const archive = join(data.root, 'seen.tar.gz')
  writeFileSync(archive, upload?.body ?? '')
  const names: string[] = []
  await list({ file: archive, onReadEntry: (entry) => void names.push(entry.path) })
  expect(names.sort()).toEqual(['./dist/a.js', './dist/deep/b.js', './dist/same'])
  expect(log).toContain('dist/passwd: is a link that leads out of the project')
  expect(log).toContain('outlink/passwd: no matching files')
})

test('artifacts of earlier jobs are there, and one that is not what was announced stops the job', async () => {
  const bytes = await artifactOf({ 'dist/x.txt': 'made before' })
  gateway.files.set('/api/v1/projects/payments/artifacts/art_9', bytes)
  const artifact = { id: 'art_9', job: 'job_0', sha256: sha256Of(bytes), sizeBytes: bytes.length }
  expect(
    await run(job({ script: ['cat dist/x.txt'], dependencies: [{ job: 'job_0', name: 'build', artifact }] })),
  ).toMatchObject({ outcome: 'success' })
  expect(log).toContain('made before')
})

test('an artifact that would be written through a link of the repository is refused', async () => {
  const bytes = await artifactOf({ 'outlink/owned': 'by an artifact' })
  gateway.files.set('/api/v1/projects/payments/artifacts/art_8', bytes)
  const artifact = { id: 'art_8', job: 'job_0', sha256: sha256Of(bytes), sizeBytes: bytes.length }
  const how = await run(job({ dependencies: [{ job: 'job_0', name: 'build', artifact }] }))
  expect(existsSync('/etc/owned')).toBe(false)
  expect(how.outcome).toBe('system_failure')
})

test('a claimed offer is run and its end told; a stop by heartbeat ends it as canceled', async () => {
  assigned = job({ script: ['sleep 1000'] })
  const jobs = jobRunner({ ...visible(sandbox), runner: 'local', concurrency: 1 })
  const taken = jobs.take({ job: 'job_1', attempt: 1, project: 'payments' })
  await until(() => log.includes('$ sleep'), { timeoutMs: 10_000 })
  stopWith = 'canceled'
  await taken
  expect(finished).toMatchObject([{ outcome: 'canceled' }])
}, 20_000)

test('a job that was claimed while the runner stops is given back at once', async () => {
  assigned = job({ script: ['sleep 1000'] })
  let claimed = (): void => {}
  const slow = {
    ...pipelines,
    claim: () =>
      new Promise<Awaited<ReturnType<Pipelines['claim']>>>((resolve) => {
        claimed = () => resolve({ claimed: true, assignment: assigned })
      }),
  }
  const jobs = jobRunner({ ...visible(sandbox), pipelines: slow, runner: 'local', concurrency: 1 })
  const taken = jobs.take({ job: 'job_1', attempt: 1, project: 'payments' })
  await jobs.stopAll()
  claimed()
  await taken
  expect(finished).toMatchObject([{ outcome: 'system_failure', reason: 'The runner was stopped.' }])
}, 20_000)

test('an attempt whose folder cannot be made ends as a failure of the runner', async () => {
  writeFileSync(join(data.root, 'no-folder'), '')
  const how = await runAttempt(
    { job: 'job_1', attempt: 1, runner: 'local' },
    job(),
    { ...visible(sandbox), jobsFolder: join(data.root, 'no-folder') },
    new AbortController().signal,
  )
  expect(how).toMatchObject({ outcome: 'system_failure' })
})

test('reports of several megabytes are read, as far as they fit into one message', async () => {
  const how = await run(
    job({
      script: ['for n in 1 2 3; do head -c 3000000 /dev/zero | tr "\\0" x > $n.xml; done; echo small > 4.xml'],
      artifacts: { name: 'x', paths: [], exclude: [], when: 'always', junit: ['*.xml'], dotenv: [] },
    }),
  )
  expect(how.junit.map((text) => text.length)).toEqual([3_000_000, 3_000_000, 6])
  expect(log).toContain('a report is left out')
}, 20_000)

test('after a refused piece the log goes on where the service says', async () => {
  let kept = ''
  let refusals = 0
  const stream = logStream({
    attempt: { job: 'job_1', attempt: 1, runner: 'local' },
    secrets: [],
    logger: quietLogger,
    pipelines: {
      ...pipelines,
      async appendLog(_attempt, offset, text) {
        if (text.includes('first') && refusals++ < 4) throw new Error('no')
        if (offset === kept.length) kept += text
        return { nextOffset: kept.length }
      },
    },
  })
  stream.say('first')
  await until(() => refusals === 4, { timeoutMs: 10_000 })
  stream.say('second')
  await stream.end()
  expect(kept).toBe('second\n')
}, 20_000)
