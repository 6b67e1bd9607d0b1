import { execFileSync } from 'node:child_process'
import { exitCode } from './exit-codes.ts'
import { CliError } from './cli-error.ts'

export type Target = { project: string; component: string }

/** The project and repository of the git checkout that we stand in, by its remote on the platform. */
function fromCheckout(): Target | undefined {
  try {
    const remotes = execFileSync('git', ['remote', '-v'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2000,
    })
    const [, project, component] = /\/git\/([a-z0-9-]+)\/([a-z0-9-]+)\.git/.exec(remotes) ?? []
    return project && component ? { project, component } : undefined
  } catch {
    return undefined
  }
}

/** The project: of a job, or of the checkout. */
export function projectFrom(given: string | undefined): string {
  const project = given ?? process.env['PLINTH_PROJECT'] ?? fromCheckout()?.project
  if (!project)
    throw new CliError(
      'Which project? Name it with --project, or run this in a checkout of one of its repositories.',
      exitCode('usage'),
    )
  return project
}

/** `project/component`, or `component` in a checkout, or nothing in the component's own checkout. */
export function targetFrom(text: string | undefined): Target {
  const [first, second, more] = text?.split('/') ?? []
  if (first && second && more === undefined) return { project: first, component: second }
  const here = fromCheckout()
  const project = process.env['PLINTH_PROJECT'] ?? here?.project
  const component = first ?? process.env['PLINTH_REPOSITORY'] ?? here?.component
  if (!project || !component || text?.includes('/')) {
    throw new CliError(
      `Which component? Name it as project/component (${text ? `'${text}' is not` : 'nothing was given'}), or run this in its checkout.`,
      exitCode('usage'),
    )
  }
  return { project, component }
}
