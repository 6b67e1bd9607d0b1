import type { Logger } from '@plinth/kernel'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Tools } from '../sandbox/tools.ts'
import { fetchDependencies, uploadArtifact } from './artifacts.ts'
import { attemptFolder, type AttemptFolder } from './attempt-folder.ts'
import { jobCaches } from './cache.ts'
import { checkoutProblem, checkoutScript } from './checkout.ts'
import { basicCredential, jobEnvironment } from './environment.ts'
import { logStream, type LogStream } from './log-stream.ts'
import type { Assignment, Attempt, Finish, Pipelines } from './pipelines.ts'
import { readReports } from './reports.ts'
import { sectionEnd, sectionStart, shellScript } from './script.ts'
import { runStep, type StepParts } from './step.ts'

export type AttemptParts = {
  jobsFolder: string
  sandbox: Sandbox
  tools: Tools
  pipelines: Pipelines
  logger: Logger
}

const afterScriptTimeoutMs = 300_000
const uploadTimeoutMs = 300_000

/** Why the runner itself ended the attempt; it is the reason of the abort signal. */
export type Interruption = 'canceled' | 'timeout' | 'stale' | 'stopping'

/**
 * One attempt of a job from checkout to the last byte of its log. Never throws: what went wrong on our side is a
 * `system_failure` with its reason, which the service may try again elsewhere.
 */
export async function runAttempt(
  attempt: Attempt,
  assignment: Assignment,
  parts: AttemptParts,
  stop: AbortSignal,
): Promise<Finish> {
  const masked = assignment.masked.flatMap((name) => assignment.variables[name] ?? [])
  const secrets = [assignment.token, basicCredential(assignment.token), ...masked]
  const log = logStream({ attempt, secrets, pipelines: parts.pipelines, logger: parts.logger })
  const timeoutMs = assignment.timeoutSeconds * 1_000
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort('timeout' satisfies Interruption), timeoutMs)
  const signal = AbortSignal.any([stop, timeout.signal])
  let folder: AttemptFolder | undefined
  let finish: Finish
  try {
    folder = attemptFolder(parts.jobsFolder, `${assignment.job}-${assignment.attempt}`)
    finish = await work(assignment, { ...parts, attempt, log, folder }, signal)
  } catch (error) {
    finish = signal.aborted ? interrupted(signal, log) : systemFailure(error, log)
    if (!signal.aborted) parts.logger.warn({ err: error, job: assignment.job }, 'an attempt failed on our side')
  } finally {
    clearTimeout(timer)
  }
  await log.end()
  try {
    folder?.remove()
  } catch (error) {
    // How the job ended does not hang on its rubbish; the next start of the runner removes it.
    parts.logger.warn({ err: error, job: assignment.job }, 'the folder of an attempt could not be removed')
  }
  return finish
}

type Working = AttemptParts & { attempt: Attempt; log: LogStream; folder: AttemptFolder }

async function work(assignment: Assignment, parts: Working, signal: AbortSignal): Promise<Finish> {
  const { sandbox, log, attempt } = parts
  log.say(
    `Running on the runner ${attempt.runner}, ${sandbox.isIsolating ? 'isolated by bubblewrap' : `NOT ISOLATED: ${sandbox.reason}`}`,
  )
  if (!sandbox.isIsolating && assignment.isolation === 'required') {
    return end('system_failure', { reason: `The project demands isolation: ${sandbox.reason}.` })
  }
  const problem = checkoutProblem(assignment)
  if (problem !== undefined) return end('system_failure', { reason: problem })
  signal.throwIfAborted()
  const step = stepParts(assignment, parts)
  const run = (name: string, script: string, until = signal): Promise<number> => runStep(name, script, step, until)
  const checkout = await section(log, 'get_sources', 'Getting the source', () =>
    run('checkout', checkoutScript(assignment)),
  )
  signal.throwIfAborted()
  if (checkout !== 0) return end('system_failure', { reason: 'The source could not be checked out; the log says why.' })
  const caches = jobCaches({ assignment, folder: parts.folder, log, run })
  if (caches.pulls) await section(log, 'restore_cache', 'Restoring caches', () => caches.restore(signal))
  if (assignment.dependencies.length > 0) {
    await section(log, 'download_artifacts', 'Downloading artifacts', () =>
      fetchDependencies(assignment, parts.folder, log, signal),
    )
  }
  const commands = [...assignment.beforeScript, ...assignment.script]
  const exitCode = await section(log, 'step_script', 'Running the script', () => run('script', shellScript(commands)))
  signal.throwIfAborted()
  if (assignment.afterScript.length > 0) {
    const until = AbortSignal.any([signal, AbortSignal.timeout(afterScriptTimeoutMs)])
    // Its exit code does not count, as in GitLab.
    await section(log, 'after_script', 'Running after_script', () =>
      run('after-script', shellScript(assignment.afterScript), until),
    )
    signal.throwIfAborted()
  }
  if (caches.pushes(exitCode === 0))
    await section(log, 'archive_cache', 'Keeping caches', () => caches.archive(exitCode === 0, signal))
  return conclude(assignment, parts, exitCode, signal)
}

async function conclude(
  assignment: Assignment,
  { log, folder }: Working,
  exitCode: number,
  signal: AbortSignal,
): Promise<Finish> {
  const isSuccess = exitCode === 0
  const when = assignment.artifacts?.when
  const isKept = when === 'always' || when === (isSuccess ? 'on_success' : 'on_failure')
  const uploading = AbortSignal.any([signal, AbortSignal.timeout(uploadTimeoutMs)])
  const artifact = isKept
    ? await section(log, 'upload_artifacts', 'Uploading artifacts', () =>
        uploadArtifact(assignment, folder, log, uploading),
      )
    : undefined
  const reports = readReports(assignment, folder.work, log)
  log.say(
    isSuccess
      ? '\u001b[32;1mJob succeeded\u001b[0;m'
      : `\u001b[31;1mERROR: Job failed: exit code ${exitCode}\u001b[0;m`,
  )
  return {
    ...end(isSuccess ? 'success' : 'failed', { exitCode }),
    ...reports,
    ...(artifact !== undefined && { artifact }),
    ...(!isSuccess && { reason: `The script ended with exit code ${exitCode}.` }),
  }
}

function stepParts(assignment: Assignment, { sandbox, tools, log, folder, attempt }: Working): StepParts {
  const buildsFolder = sandbox.isIsolating ? '/builds' : folder.root
  const projectFolder = sandbox.isIsolating ? `/builds/${assignment.project}/${assignment.repository}` : folder.work
  const home = sandbox.isIsolating ? '/home/plinth' : folder.scratch
  const environment = jobEnvironment(assignment, tools, attempt.runner, { projectFolder, buildsFolder, home })
  return { sandbox, tools, folder, projectFolder, environment, log }
}

async function section<T>(log: LogStream, name: string, title: string, work: () => Promise<T>): Promise<T> {
  log.say(sectionStart(name, title, Date.now()))
  try {
    return await work()
  } finally {
    log.say(sectionEnd(name, Date.now()))
  }
}

const end = (outcome: Finish['outcome'], more: Partial<Finish> = {}): Finish => ({
  outcome,
  junit: [],
  dotenv: {},
  ...more,
})

function interrupted(signal: AbortSignal, log: LogStream): Finish {
  const why = signal.reason as Interruption
  const sentences = {
    canceled: 'The job was canceled.',
    stale: 'This attempt was given up by the service.',
    timeout: 'The job ran longer than it may.',
    stopping: 'The runner was stopped.',
  }
  const reason = sentences[why] ?? 'The job was interrupted.'
  log.say(`\u001b[31;1mERROR: ${reason}\u001b[0;m`)
  return end(why === 'canceled' || why === 'timeout' ? why : 'system_failure', { reason })
}

function systemFailure(error: unknown, log: LogStream): Finish {
  const reason = error instanceof Error ? error.message.slice(0, 500) : 'Something went wrong on the runner.'
  log.say(`\u001b[31;1mERROR: ${reason}\u001b[0;m`)
  return end('system_failure', { reason })
}
