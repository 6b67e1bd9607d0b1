import { randomUUID } from 'node:crypto'
import pc from 'picocolors'
import { PlinthError } from '@plinth/client'
import { pause } from '@plinth/kernel'
import { followOperation, liveLine } from './follow.ts'
import { show, short, state, type Output } from './output.ts'
import { CliError } from './cli-error.ts'
import { connect, defaultUrl, type Api } from './session.ts'
import type { Target } from './target.ts'

export type NewService = {
  template: string
  parameters: Record<string, unknown>
  description?: string
  plan: boolean
  wait: boolean
}

type Line = Awaited<ReturnType<Api['getDeliveryLine']>>
const waitMs = 300_000

/** From the template to a running service; what happens is shown while it happens. */
export async function createService(
  { project, component }: Target,
  { template, parameters, description, plan, wait }: NewService,
  output: Output,
): Promise<void> {
  const api = connect()
  const body = { name: component, template, parameters, ...(description !== undefined && { description }) }
  if (plan) return showPlan(await api.planComponent({ params: { project }, body }), output)
  const operation = await api.createComponent({ params: { project }, body, idempotencyKey: randomUUID() })
  if (!wait) {
    const how = `\`plinth status ${project}/${component}\` shows how it goes (operation ${operation.id}).`
    return show(output, operation, () => `Started; ${how}`)
  }
  const end = await followOperation(api, project, operation.id)
  if (!end.succeeded) throw new CliError(`${project}/${component} could not be created: ${end.detail}`)
  const { url } = await untilLive(api, { project, component })
  const clone = `${defaultUrl()}/git/${project}/${component}.git`
  show(output, { project, component, url, clone, operation: operation.id }, () =>
    [`${pc.green('●')} ${pc.bold(`${project}/${component}`)} runs.`, `  ${url}`, pc.dim(`  git clone ${clone}`)].join(
      '\n',
    ),
  )
}

/** Follows the delivery line until the first environment that deploys by itself is healthy. */
async function untilLive(api: Api, { project, component }: Target): Promise<{ url: string }> {
  const line = liveLine()
  try {
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; await pause(150)) {
      const found = await api.getDeliveryLine({ params: { project, component } }).catch(unlessMissing)
      const first = found?.environments.find(({ automatic }) => automatic)
      line.set(`  ${words(found, first)}`)
      if (found?.pipeline?.status === 'failed') {
        throw new CliError(`The first pipeline failed; \`plinth pipeline ${project}/${component}\` shows why.`)
      }
      if (first?.lastSync?.state === 'failed')
        throw new CliError(`${first.environment}: ${first.detail ?? 'the deployment failed'}`)
      if (first?.health === 'Healthy' && first.url) return { url: first.url }
    }
    throw new CliError(
      `It is not running after ${waitMs / 1000} s; \`plinth status ${project}/${component}\` shows how it stands.`,
    )
  } finally {
    line.end()
  }
}

/** gitops learns of the component a moment after provisioning. */
function unlessMissing(error: unknown): undefined {
  if (!(error instanceof PlinthError && error.status === 404)) throw error
}

function words(line: Line | undefined, first: Line['environments'][number] | undefined): string {
  if (!line?.pipeline) return `${pc.cyan('◐')} waiting for the first pipeline`
  if (line.pipeline.status !== 'success') return `pipeline ${state(line.pipeline.status)}`
  return `${first?.environment ?? 'development'} ${state(first?.health ?? 'Progressing')} ${pc.yellow(short(first?.targetRevision))} ${pc.dim(first?.detail ?? '')}`
}

type Plan = Awaited<ReturnType<Api['planComponent']>>

const showPlan = (plan: Plan, output: Output): void =>
  show(output, plan, ({ changes, files }) => {
    const lines = changes.map(({ action, kind, name, summary }) => {
      const sign = action === 'create' ? pc.green('+') : pc.yellow('~')
      return `${sign} ${kind} ${pc.bold(name)}  ${pc.dim(summary)}`
    })
    return [...lines, '', pc.dim(`${files.length} files`)].join('\n')
  })
