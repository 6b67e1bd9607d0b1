import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import { CliError } from '../cli-error.ts'
import { exitCode } from '../exit-codes.ts'
import { show, table, type Output } from '../output.ts'
import type { LocalPlan } from '../pipeline-plan.ts'

type Options = {
  file: string
  ref?: string
  tag?: string
  source: string
  since?: string
  variable: Record<string, string>
  input: Record<string, string>
}

function pair(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('it is NAME=VALUE')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

/** The folder that the file is of: this one, or one above it. */
function folderOf(file: string): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, file))) return folder
    if (dirname(folder) === folder)
      throw new CliError(`There is no ${file} here or above; name one with --file.`, exitCode('usage'))
  }
}

function planText({ file, runs, reason, jobs, excluded, problems }: LocalPlan): string {
  if (problems.length > 0)
    return [
      ...problems.map((one) => `${pc.red('■')} ${one.file}:${one.line}:${one.column} ${one.message}`),
      pc.dim(`Nothing of ${file} would run before ${problems.length === 1 ? 'this is' : 'these are'} mended.`),
    ].join('\n')
  const whenOf = ({ when, allowFailure }: LocalPlan['jobs'][number]): string =>
    `${when === 'on_success' ? '' : when}${allowFailure === false ? '' : ' may fail'}`.trim()
  return [
    runs
      ? `${pc.green('●')} ${jobs.length} jobs would run ${pc.dim(reason)}`
      : `${pc.yellow('▲')} No pipeline would run: ${reason}`,
    '',
    table(
      ['STAGE', 'JOB', 'NEEDS', 'WHEN', 'WHY'],
      jobs.map((job) => [
        job.stage,
        pc.bold(job.name),
        job.needs === undefined
          ? ''
          : job.needs.length === 0
            ? 'nothing'
            : job.needs.map((need) => need.job).join(', '),
        whenOf(job),
        pc.dim(job.reason),
      ]),
    ),
    ...(excluded.length > 0
      ? [
          '',
          table(
            ['LEFT OUT', 'STAGE', 'WHY'],
            excluded.map((job) => [job.name, job.stage, pc.dim(job.reason)]),
          ),
        ]
      : []),
  ].join('\n')
}

/** Beside the commands that ask the platform, and loaded without them: it needs nobody. */
export function pipelinePlanCommand(program: Command, output: () => Output): void {
  const pipeline = program.commands.find((one) => one.name() === 'pipeline') ?? program.command('pipeline')
  pipeline
    .command('plan')
    .description('what the .gitlab-ci.yml of this folder would run, and why each job is in or out; needs no server')
    .option('--file <path>', 'another file', '.gitlab-ci.yml')
    .option('--ref <branch>', 'as if it were this branch; the one that is checked out unless given')
    .option('--tag <name>', 'as if this tag were pushed')
    .option('--source <source>', 'push, web, schedule, api, merge_request_event, …', 'push')
    .option('--since <commit>', 'what `changes` compares with; the commit before unless given')
    .option('--variable <name=value>', 'given by whoever starts it; several times for several', pair, {})
    .option('--input <name=value>', 'of `spec:inputs`; several times for several', pair, {})
    .action(async (options: Options) => {
      const { planLocally } = await import('../pipeline-plan.ts')
      const { variable, input, ...wish } = options
      const plan = await planLocally(resolve(folderOf(options.file)), { ...wish, variables: variable, inputs: input })
      show(output(), plan, planText)
      if (plan.problems.length > 0) process.exitCode = exitCode('failed')
    })
}
