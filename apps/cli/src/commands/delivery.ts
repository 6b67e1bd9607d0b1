import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import pc from 'picocolors'
import { pause } from '@plinth/kernel'
import { exitCode } from '../exit-codes.ts'
import { liveLine } from '../follow.ts'
import { ago, short, show, state, table, type Output } from '../output.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'
import { targetFrom, type Target } from '../target.ts'

type Place = { params: { project: string; environment: string; component: string } }
const waitMs = 120_000

/** Waits until the application has the sync that was started, at rest; throws with its reason where it failed. */
async function settled(
  api: Api,
  place: Place,
  since: string | undefined,
): Promise<Awaited<ReturnType<Api['getApplication']>>> {
  const line = liveLine()
  try {
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; await pause(250)) {
      const app = await api.getApplication(place)
      const { lastSync } = app
      line.set(`  ${state(app.health)} ${app.environment} ${short(app.targetRevision)} ${pc.dim(app.detail ?? '')}`)
      if (!lastSync || lastSync.id === since || lastSync.state === 'running') continue
      if (lastSync.state === 'failed')
        throw new CliError(
          `${place.params.environment} refused ${short(lastSync.revision)}: ${lastSync.detail ?? app.detail ?? 'the deployment failed'}`,
        )
      if (app.health === 'Healthy' && app.liveRevision === app.targetRevision) return app
    }
    throw new CliError(`It is not healthy after ${waitMs / 1000} s; \`plinth status\` shows how it stands.`)
  } finally {
    line.end()
  }
}

async function change(
  target: Target,
  environment: string,
  output: Output,
  wait: boolean,
  start: (api: Api, place: Place) => Promise<unknown>,
): Promise<void> {
  const api = connect()
  const place: Place = { params: { project: target.project, environment, component: target.component } }
  const before = await api.getApplication(place)
  await start(api, place)
  const app = wait ? await settled(api, place, before.lastSync?.id) : await api.getApplication(place)
  show(
    output,
    app,
    () =>
      `${state(app.health)} ${pc.bold(`${target.project}/${target.component}`)} ${environment} ${pc.yellow(short(app.liveRevision))} ${pc.dim(app.url ?? '')}`,
  )
}

export function deliveryCommands(program: Command, output: () => Output): void {
  program
    .command('promote [project/component]')
    .description('open a change request that brings a version to an environment')
    .requiredOption('--to <environment>')
    .option('--revision <commit>', 'a released commit; what the environment before it runs, when left out')
    .option('--description <text>')
    .action(
      async (
        text: string | undefined,
        { to, revision, description }: { to: string; revision?: string; description?: string },
      ) => {
        const { project, component } = targetFrom(text)
        const request = await connect().createPromotion({
          params: { project, environment: to },
          body: {
            component,
            ...(revision !== undefined && { revision }),
            ...(description !== undefined && { description }),
          },
          idempotencyKey: randomUUID(),
        })
        show(output(), request, () =>
          [
            `${pc.cyan('◌')} Change request ${pc.bold(`#${request.number}`)}: ${short(request.fromRevision)} → ${pc.yellow(short(request.toRevision))} in ${project}/${to}.`,
            pc.dim(
              `  Somebody else who may approve in ${project}/${to}: plinth approve ${project}/${component} ${request.number}`,
            ),
          ].join('\n'),
        )
      },
    )
  program
    .command('requests [project]')
    .description('change requests of a project, newest first')
    .option('--state <state>')
    .action(async (project: string | undefined, options: { state?: 'open' }) => {
      const where = project ?? targetFrom(undefined).project
      show(
        output(),
        await connect().listChangeRequests({
          params: { project: where },
          query: options.state ? { state: options.state } : {},
        }),
        ({ items }) =>
          items.length === 0
            ? 'No change requests.'
            : table(
                ['#', 'STATE', 'TITLE', 'BY', 'AGE'],
                items.map((r) => [String(r.number), state(r.state), r.title, r.author, ago(r.createdAt)]),
              ),
      )
    })
  program
    .command('approve <project/component> <number>')
    .description('approve a change request; one into an environment is deployed by that')
    .option('--no-wait', 'do not wait until it runs')
    .action((text: string, number: string, options: { wait: boolean }) =>
      approve(targetFrom(text), Number(number), options.wait, output()),
    )
  program
    .command('merge <project/component> <number>')
    .description('merge an approved change request')
    .action(async (text: string, number: string) => {
      const { project, component } = targetFrom(text)
      const merged = await connect().mergeChangeRequest({
        params: { project, repository: component, number: Number(number) },
      })
      show(output(), merged, () => `${pc.green('●')} #${number} is merged ${pc.dim(merged.result ?? '')}`)
    })
  program
    .command('rollback [project/component]')
    .description('go back to the last version that was healthy')
    .requiredOption('--in <environment>')
    .option('--to <sync>', 'a named sync of its history')
    .option('--no-wait', 'do not wait until it runs')
    .action((text: string | undefined, options: { in: string; to?: string; wait: boolean }) =>
      change(targetFrom(text), options.in, output(), options.wait, (api, place) =>
        api.rollbackApplication({ ...place, body: options.to ? { sync: options.to } : {} }),
      ),
    )
  program
    .command('deploy [project/component]')
    .description('deploy a release to an environment without a change request')
    .requiredOption('--to <environment>')
    .option('--revision <commit>')
    .option('--no-wait', 'do not wait until it runs')
    .action((text: string | undefined, options: { to: string; revision?: string; wait: boolean }) =>
      change(targetFrom(text), options.to, output(), options.wait, (api, place) =>
        api.deployApplication({ ...place, body: options.revision ? { revision: options.revision } : {} }),
      ),
    )
  program
    .command('history [project/component]')
    .description('what was deployed to an environment, newest first')
    .requiredOption('--in <environment>')
    .action(async (text: string | undefined, options: { in: string }) => {
      const { project, component } = targetFrom(text)
      show(
        output(),
        await connect().listSyncs({ params: { project, environment: options.in, component } }),
        ({ items }) =>
          table(
            ['SYNC', 'VERSION', 'STATE', 'WHY', 'BY', 'AGE'],
            items.map((s) => [s.id, short(s.revision), state(s.state), s.reason, s.actor, ago(s.startedAt)]),
          ),
      )
    })
}

async function approve({ project, component }: Target, number: number, wait: boolean, output: Output): Promise<void> {
  const api = connect()
  const { items } = await api.listChangeRequests({ params: { project }, query: { limit: 200 } })
  const request = items.find((one) => one.number === number)
  if (!request) throw new CliError(`There is no change request #${number} in ${project}.`, exitCode('notFound'))
  if (request.kind === 'merge' || request.environment === undefined) {
    const approved = await api.approveChangeRequest({ params: { project, repository: component, number } })
    return show(
      output,
      approved,
      () => `${pc.green('●')} #${number} is approved; \`plinth merge ${project}/${component} ${number}\` merges it.`,
    )
  }
  const { environment } = request
  await change({ project, component }, environment, output, wait, () =>
    api.approvePromotion({ params: { project, environment, number } }),
  )
}
