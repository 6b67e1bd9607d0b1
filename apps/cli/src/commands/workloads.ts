import type { Command } from 'commander'
import pc from 'picocolors'
import { show, table, short, state, type Output } from '../output.ts'
import { connect, type Api } from '../session.ts'
import { targetFrom } from '../target.ts'

type Place = { params: { project: string; environment: string; workload: string } }

export function workloadCommands(program: Command, output: () => Output): void {
  const act = (
    name: string,
    description: string,
    run: (api: Api, place: Place, argument: string | undefined) => Promise<unknown>,
    argument = '',
  ): void => {
    program
      .command(`${name} <project/component>${argument}`)
      .description(description)
      .requiredOption('--in <environment>')
      .action(async (text: string, second: string | { in: string }, third?: { in: string }) => {
        const options = typeof second === 'string' ? third : second
        const { project, component } = targetFrom(text)
        const place = { params: { project, environment: options?.in ?? '', workload: component } }
        const result = await run(connect(), place, typeof second === 'string' ? second : undefined)
        show(
          output(),
          result,
          () =>
            `${pc.green('●')} ${name} of ${project}/${component} in ${place.params.environment} is under way; \`plinth status ${project}/${component}\` shows it.`,
        )
      })
  }
  act('restart', 'replace every replica without a failed request', (api, place) => api.restartWorkload(place))
  act('stop', 'stop it; its data stays', (api, place) => api.stopWorkload(place))
  act('start', 'start it again', (api, place) => api.startWorkload(place))
  act(
    'scale',
    'set the number of replicas',
    (api, place, replicas) => api.scaleWorkload({ ...place, body: { replicas: Number(replicas) } }),
    ' <replicas>',
  )
  program
    .command('workloads')
    .description('what runs in an environment')
    .requiredOption('--in <project/environment>')
    .action(async (options: { in: string }) => {
      const [project = '', environment = ''] = options.in.split('/')
      show(output(), await connect().listWorkloads({ params: { project, environment } }), ({ items }) =>
        table(
          ['WORKLOAD', 'STATE', 'VERSION', 'REPLICAS', 'URL'],
          items.map((w) => [
            w.workload,
            state(w.state),
            short(w.live.revision),
            `${w.live.readyReplicas}/${w.desired.replicas}`,
            w.url ?? '',
          ]),
        ),
      )
    })
}
