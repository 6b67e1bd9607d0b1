import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import pc from 'picocolors'
import { pause } from '@plinth/kernel'
import { exitCode } from '../exit-codes.ts'
import { ago, inert, short, show, state, table, type Output } from '../output.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'
import { projectFrom, targetFrom } from '../target.ts'

type Detail = Awaited<ReturnType<Api['getPipeline']>>
const atRest = ['success', 'failed', 'canceled', 'skipped', 'manual']

function pipelineText(pipeline: Detail): string {
  const rows = pipeline.jobs.map((job) => [
    job.stage,
    state(job.status),
    job.name,
    job.reason ?? '',
    job.tests ? `${job.tests.passed} passed, ${job.tests.failed} failed` : '',
    pc.dim(job.id),
  ])
  return [
    `${state(pipeline.status)}  ${pc.bold(`#${pipeline.number}`)} ${pipeline.title} ${pc.dim(`${short(pipeline.revision)} ${pipeline.ref} · ${ago(pipeline.createdAt)} · ${pipeline.id}`)}`,
    ...pipeline.problems.map(({ file, line, column, message }) => pc.red(`  ${file}:${line}:${column}: ${message}`)),
    ...(rows.length > 0 ? ['', table(['STAGE', 'STATUS', 'JOB', 'WHY', 'TESTS', ''], rows)] : []),
  ].join('\n')
}

async function findPipeline(
  api: Api,
  text: string | undefined,
  where: string | undefined,
  wait = false,
): Promise<Detail> {
  if (text?.startsWith('pip_')) return api.getPipeline({ params: { project: projectFrom(where), pipeline: text } })
  const { project, component } = targetFrom(text)
  const newest = async (): Promise<string | undefined> =>
    (await api.listPipelines({ params: { project }, query: { repository: component, limit: 1 } })).items[0]?.id
  let pipeline = await newest()
  for (const deadline = Date.now() + 10_000; wait && !pipeline && Date.now() < deadline; pipeline = await newest())
    await pause(200)
  if (!pipeline) throw new CliError(`${project}/${component} has had no pipeline yet.`, exitCode('notFound'))
  return api.getPipeline({ params: { project, pipeline } })
}

async function jobLog(api: Api, project: string, job: string, follow: boolean): Promise<void> {
  if (!follow) {
    const log = await api.getJobLog({ params: { project, job } })
    process.stdout.write(inert(await log.text()))
    return
  }
  for await (const { data } of api.followJobLog({ params: { project, job } })) {
    if (data.text !== undefined) process.stdout.write(inert(data.text))
    if (data.status !== undefined && atRest.includes(data.status)) return
  }
}

export function pipelineCommands(program: Command, output: () => Output): void {
  const pipeline = program.command('pipeline').description('pipelines: show, run, cancel, retry, logs, lint')
  pipeline
    .command('show [pipeline-or-component]', { isDefault: true })
    .description('the newest pipeline of a component, or a named one')
    .option('--project <name>', 'where the pipeline is given by its id')
    .option('--wait', 'until it has ended; exit 1 where it failed')
    .action(async (text: string | undefined, { wait = false, project }: { wait?: boolean; project?: string }) => {
      const api = connect()
      let found = await findPipeline(api, text, project, wait)
      while (wait && !atRest.includes(found.status)) {
        await pause(300)
        found = await api.getPipeline({ params: { project: found.project, pipeline: found.id } })
      }
      show(output(), found, pipelineText)
      if (wait && found.status !== 'success') process.exitCode = exitCode('failed')
    })
  pipeline
    .command('list [project/component]')
    .description('pipelines of a component, newest first')
    .action(async (text: string | undefined) => {
      const { project, component } = targetFrom(text)
      show(
        output(),
        await connect().listPipelines({ params: { project }, query: { repository: component } }),
        ({ items }) =>
          table(
            ['#', 'STATUS', 'COMMIT', 'REF', 'TITLE', 'AGE', ''],
            items.map((p) => [
              String(p.number),
              state(p.status),
              short(p.revision),
              p.ref,
              p.title,
              ago(p.createdAt),
              pc.dim(p.id),
            ]),
          ),
      )
    })
  pipeline
    .command('run [project/component]')
    .description('run the pipeline of a ref')
    .option('--ref <ref>', 'branch, tag or commit', 'main')
    .action(async (text: string | undefined, { ref }: { ref: string }) => {
      const { project, component } = targetFrom(text)
      show(
        output(),
        await connect().createPipeline({
          params: { project, repository: component },
          body: { ref },
          idempotencyKey: randomUUID(),
        }),
        pipelineText,
      )
    })
  for (const verb of ['cancel', 'retry'] as const) {
    pipeline
      .command(`${verb} <pipeline-or-component>`)
      .description(verb === 'cancel' ? 'stop every job that has not ended' : 'run the failed and canceled jobs again')
      .option('--project <name>', 'where the pipeline is given by its id')
      .action(async (text: string, options: { project?: string }) => {
        const api = connect()
        const { project, id } = await findPipeline(api, text, options.project)
        const place = { params: { project, pipeline: id } }
        show(output(), await (verb === 'cancel' ? api.cancelPipeline(place) : api.retryPipeline(place)), pipelineText)
      })
  }
  pipeline
    .command('logs <job>')
    .description('the log of a job, by its id')
    .option('--project <name>')
    .option('-f, --follow', 'as it is written, to its end')
    .action((job: string, options: { project?: string; follow?: boolean }) =>
      jobLog(connect(), projectFrom(options.project), job, options.follow ?? false),
    )
  pipeline
    .command('lint [file]')
    .description('check a .gitlab-ci.yml and show what it would run')
    .option('--project <name>')
    .action(async (file = '.gitlab-ci.yml', options: { project?: string }) => {
      const result = await connect().lintPipeline({
        params: { project: projectFrom(options.project) },
        body: { content: readFileSync(file, 'utf8') },
      })
      show(output(), result, ({ valid, problems, jobs }) =>
        valid
          ? `${pc.green('●')} ${file} is valid: ${jobs.length} jobs`
          : problems.map(({ line, column, message }) => pc.red(`${file}:${line}:${column}: ${message}`)).join('\n'),
      )
      if (!result.valid) process.exitCode = exitCode('failed')
    })
}
