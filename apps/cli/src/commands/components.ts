import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import pc from 'picocolors'
import { exitCode } from '../exit-codes.ts'
import { createService } from '../create-service.ts'
import { followOperation } from '../follow.ts'
import { ago, short, show, state, table, type Output } from '../output.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../session.ts'
import { projectFrom, targetFrom } from '../target.ts'

/** `--set name=value`: values are JSON where they are JSON, else text. */
function parametersFrom(sets: readonly string[], file: string | undefined): Record<string, unknown> {
  const parameters: Record<string, unknown> = file
    ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)
    : {}
  for (const set of sets) {
    const at = set.indexOf('=')
    if (at < 1) throw new CliError(`'${set}' is not name=value.`, exitCode('usage'))
    const value = set.slice(at + 1)
    try {
      parameters[set.slice(0, at)] = JSON.parse(value)
    } catch {
      parameters[set.slice(0, at)] = value
    }
  }
  return parameters
}

type CreateOptions = {
  template: string
  description?: string
  set: string[]
  parameters?: string
  wait: boolean
  plan?: boolean
}

export function componentCommands(program: Command, output: () => Output): void {
  const create = program.command('create').description('create a project or a service')
  create
    .command('project <name>')
    .description('a project with development, staging and production')
    .option('--description <text>')
    .action(async (name: string, { description }: { description?: string }) => {
      const made = await connect().createProject({
        body: { name, ...(description !== undefined && { description }) },
        idempotencyKey: randomUUID(),
      })
      show(output(), made, () => `${pc.green('●')} Project ${pc.bold(name)} is there.`)
    })
  create
    .command('service <project/name>')
    .description('a service from a template: repository, pipeline, database, URL')
    .option('--template <name>', 'the template', 'node-service')
    .option('--description <text>')
    .option(
      '--set <name=value>',
      'a parameter of the template; again for more',
      (value, all: string[]) => [...all, value],
      [],
    )
    .option('--parameters <file>', 'parameters as a JSON file')
    .option('--plan', 'only show what would be made')
    .option('--no-wait', 'do not wait until it runs')
    .action((text: string, options: CreateOptions) =>
      createService(
        targetFrom(text),
        { ...options, plan: options.plan ?? false, parameters: parametersFrom(options.set, options.parameters) },
        output(),
      ),
    )

  program
    .command('projects')
    .description('the projects that you may see')
    .action(async () => {
      show(output(), await connect().listProjects({ query: { limit: 200 } }), ({ items }) =>
        items.length === 0
          ? 'No projects yet. `plinth create project <name>` makes one.'
          : table(
              ['PROJECT', 'DESCRIPTION', 'SINCE'],
              items.map((p) => [p.name, p.description, ago(p.createdAt)]),
            ),
      )
    })
  program
    .command('status [project/component]')
    .description('what is live where: the delivery line of a component, or of every component of a project')
    .option('--project <name>')
    .action(async (text: string | undefined, options: { project?: string }) => {
      const api = connect()
      if (text === undefined && options.project !== undefined)
        return projectStatus(api, projectFrom(options.project), output())
      const { project, component } = targetFrom(text)
      const line = await api.getDeliveryLine({ params: { project, component } })
      show(output(), line, deliveryText)
    })
  program
    .command('delete <project/component>')
    .description('remove a component with its workloads and databases')
    .requiredOption('--confirm <name>', 'the name of the component once more')
    .action(async (text: string, { confirm }: { confirm: string }) => {
      const { project, component } = targetFrom(text)
      if (confirm !== component) throw new CliError(`--confirm must say '${component}'.`, exitCode('usage'))
      const api = connect()
      const operation = await api.deleteComponent({ params: { project, component } })
      const end = await followOperation(api, project, operation.id)
      if (!end.succeeded) throw new CliError(`It could not be removed: ${end.detail}`)
      show(output(), { project, component, deleted: true }, () => `${project}/${component} is gone.`)
    })
}

async function projectStatus(api: ReturnType<typeof connect>, project: string, output: Output): Promise<void> {
  const { items } = await api.listApplications({ params: { project } })
  show(output, { items }, () =>
    items.length === 0
      ? `Nothing in ${project} yet. \`plinth create service ${project}/<name>\` makes a service.`
      : table(
          ['COMPONENT', 'ENVIRONMENT', 'VERSION', 'SYNC', 'HEALTH', 'URL'],
          items.map((a) => [
            a.component,
            a.environment,
            short(a.liveRevision),
            state(a.sync),
            state(a.health),
            a.url ?? '',
          ]),
        ),
  )
}

type Line = Awaited<ReturnType<ReturnType<typeof connect>['getDeliveryLine']>>

/** The delivery line for a terminal: commit, pipeline, environments in order, and what waits for someone. */
function deliveryText(line: Line): string {
  const { commit, pipeline, environments, waiting } = line
  const head = [
    pc.bold(`${line.project}/${line.component}`),
    commit
      ? `  commit       ${pc.yellow(short(commit.id))} ${commit.title} ${pc.dim(`${commit.author}, ${ago(commit.authoredAt)}`)}`
      : '  commit       none yet',
    pipeline
      ? `  pipeline     ${state(pipeline.status)} ${pc.dim(`${short(pipeline.revision)} · ${pipeline.jobs} jobs${pipeline.tests ? ` · ${pipeline.tests.passed} tests passed` : ''} · ${ago(pipeline.createdAt)}`)}`
      : '  pipeline     none yet',
  ]
  const rows = environments.map(
    (app) =>
      `  ${app.environment.padEnd(12)} ${state(app.health)} ${pc.yellow(short(app.liveRevision))} ${app.sync === 'Synced' ? '' : pc.blue(app.sync)} ${pc.dim(app.url ?? app.detail ?? '')}`,
  )
  const open = waiting.map(
    (request) =>
      `  ${pc.cyan('◌')} #${request.number} ${request.title} ${pc.dim(`by ${request.author}, ${request.state}`)}`,
  )
  return [...head, ...rows, ...open].join('\n')
}
