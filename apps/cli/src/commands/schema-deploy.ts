import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import pc from 'picocolors'
import { wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, show, state, table, type Output } from '../output.ts'
import { allOf } from '../pages.ts'
import { uses } from '../schema-file.ts'
import { declaredIn } from '../schema-score.ts'
import { gateText } from '../schema-text.ts'
import { connect, type Api } from '../session.ts'
import { projectFrom, targetFrom } from '../target.ts'

type Project = { project?: string }
type Use = { subject: string; version: number }
type Plan = Awaited<ReturnType<Api['planSchemaPromotion']>>
type Environments = Awaited<ReturnType<Api['getSchemaEnvironments']>>
type Override = Awaited<ReturnType<Api['createGateOverride']>>
type Promote = Project & { to: string; from?: string; schemaVersion?: number; reason?: string; plan?: boolean }

function planText({ subject, from, to, version, before, diff, gate }: Plan, isDone: boolean, isNamed: boolean): string {
  const changes = diff.map((one) => [
    one.change === 'added' ? pc.green('+') : one.change === 'removed' ? pc.red('-') : '~',
    one.path,
    one.before ?? '',
    one.after ?? '',
  ])
  const way = `${subject}: ${to} ${before === undefined ? 'gets' : `goes from version ${before} to`} version ${version}${from === to || isNamed ? '' : `, as ${from} has it`}`
  return [
    isDone ? `${pc.green('●')} ${way}` : way,
    ...(changes.length > 0 ? ['', table(['', 'FIELD', 'BEFORE', 'AFTER'], changes)] : [pc.dim('no field differs')]),
    ...(isDone ? [] : ['', gateText(`version ${version} in ${to}`, gate)]),
  ].join('\n')
}

function promoteCommands(schema: Command, output: () => Output): void {
  schema
    .command('promote <subject>')
    .description('make the version of the environment before current in the next one; exit 6 where the gate refuses it')
    .requiredOption('--to <environment>')
    .option('--from <environment>', 'the one before it unless given')
    .option('--schema-version <n>', 'the one that is current there unless given', wholeNumber)
    .option('--reason <text>', 'kept in the ledger')
    .option('--plan', 'say what it would change, and what the gate says; changes nothing, exit 1 where that is no')
    .option('--project <name>')
    .action(async (subject: string, options: Promote) => {
      const { to: environment, from, schemaVersion, reason } = options
      const params = { project: projectFrom(options.project), environment, subject }
      const asked = { ...(from !== undefined && { from }), ...(schemaVersion !== undefined && { version: schemaVersion }) } // prettier-ignore
      const api = connect()
      if (options.plan) {
        const plan = await api.planSchemaPromotion({ params, query: asked })
        show(output(), plan, (one) => planText(one, false, schemaVersion !== undefined))
        if (!plan.gate.allowed) process.exitCode = exitCode('failed')
        return
      }
      const body = { ...asked, ...(reason !== undefined && { reason }) }
      show(output(), await api.promoteSchema({ params, body }), (one) =>
        planText(one, true, schemaVersion !== undefined),
      )
    })
  schema
    .command('pin <subject>')
    .argument('<version>', 'the newest that may be written there', wholeNumber)
    .description('say which version is current in an environment; nobody may write a newer one there')
    .requiredOption('--in <environment>')
    .requiredOption('--reason <text>', 'kept in the ledger')
    .option('--project <name>')
    .action(async (subject: string, version: number, options: Project & { in: string; reason: string }) => {
      const params = { project: projectFrom(options.project), environment: options.in, subject }
      const body = { version, reason: options.reason }
      show(output(), await connect().pinSchema({ params, body }), environmentsText)
    })
  schema
    .command('unpin <subject>')
    .description('let what is deployed there decide again which version is current')
    .requiredOption('--in <environment>')
    .option('--project <name>')
    .action(async (subject: string, options: Project & { in: string }) => {
      const params = { project: projectFrom(options.project), environment: options.in, subject }
      await connect().unpinSchema({ params })
      show(output(), params, () => `${pc.green('●')} ${subject} is not pinned in ${options.in} any more`)
    })
}

const placeText = ({ version, source, behind }: Environments['environments'][number]): string =>
  version === undefined
    ? pc.dim('-')
    : `${version}${source === 'pinned' ? ' pinned' : ''}${behind > 0 ? pc.yellow(` (${behind} behind)`) : ''}`

const environmentsText = ({ subject, latestVersion, environments, drifts }: Environments): string =>
  [
    `${pc.bold(subject)} ${pc.dim(`newest version ${latestVersion}`)}`,
    table(
      ['ENVIRONMENT', 'VERSION', 'DEPLOYED', 'PINNED BY'],
      environments.map((one) => [
        one.environment,
        placeText(one),
        one.deployed.map((use) => `${use.component} ${use.side} ${use.version}`).join(', '),
        one.pin ? `${one.pin.by}, ${ago(one.pin.at)}: ${one.pin.reason}` : '',
      ]),
    ),
    ...drifts.map((drift) => `${pc.yellow('▲')} ${drift}`),
  ].join('\n')

function environmentsCommand(schema: Command, output: () => Output): void {
  schema
    .command('environments [subject]')
    .description('which version is current where, and what drifts')
    .option('--project <name>')
    .option('--drift', 'only those that drift; exit 1 where any does')
    .option('--limit <n>', 'how many subjects', wholeNumber, 500)
    .action(async (subject: string | undefined, options: Project & { drift?: boolean; limit: number }) => {
      const project = projectFrom(options.project)
      const api = connect()
      if (subject !== undefined) {
        const found = await api.getSchemaEnvironments({ params: { project, subject } })
        show(output(), found, environmentsText)
        if (options.drift && found.drift) process.exitCode = exitCode('failed')
        return
      }
      const asked = { ...(options.drift && { drift: true }) }
      const { items } = await allOf((query) => api.listSchemaEnvironments({ params: { project }, query: { ...asked, ...query } }), options.limit) // prettier-ignore
      const names = [...new Set(items.flatMap(({ environments }) => environments.map((one) => one.environment)))]
      show(output(), { items }, () =>
        items.length === 0
          ? options.drift ? 'Nothing drifts.' : `${project} has no schemas yet.`
          : table(
              ['SUBJECT', 'NEWEST', ...names.map((name) => name.toUpperCase()), 'DRIFT'],
              items.map((one) => [
                one.subject,
                String(one.latestVersion),
                ...names.map((name) => {
                  const place = one.environments.find(({ environment }) => environment === name)
                  return place === undefined ? '' : placeText(place)
                }),
                one.drift ? pc.yellow('▲') : '',
              ]),
            ),
      )
      if (options.drift && items.length > 0) process.exitCode = exitCode('failed')
    }) // prettier-ignore
}

const overrideText = ({ id, project, component, environment, subject, expiresAt }: Override): string =>
  `${pc.yellow('▲')} ${component} comes through the gate of ${environment}${subject === undefined ? '' : ` as far as ${subject} is concerned`} until ${expiresAt} ${pc.dim(id)}\n${pc.dim(`End it before: plinth schema gate withdraw ${id} --in ${environment} --project ${project}`)}`

function gateCommands(schema: Command, output: () => Output): void {
  const gate = schema.command('gate').description('the deployment gate: check, override, overrides, withdraw')
  gate
    .command('check [project/component]', { isDefault: true })
    .description('may it be deployed there? by what its score.yaml declares; exit 1 where not')
    .requiredOption('--in <environment>')
    .option('--produces <subject:version,...>', 'in place of score.yaml', uses)
    .option('--consumes <subject:version,...>', 'in place of score.yaml', uses)
    .option('--score <file>', 'where it is', 'score.yaml')
    .action(
      async (text: string | undefined, options: { in: string; produces?: Use[]; consumes?: Use[]; score: string }) => {
        const { project, component } = targetFrom(text)
        const { produces, consumes } = options.produces || options.consumes ? { produces: [], consumes: [], ...options } : declaredIn(options.score) // prettier-ignore
        const body = { component, produces, consumes }
        const verdict = await connect().checkDeployment({ params: { project, environment: options.in }, body })
        show(output(), verdict, (one) => gateText(`${project}/${component} in ${options.in}`, one))
        if (!verdict.allowed) process.exitCode = exitCode('failed')
      },
    )
  gate
    .command('override <project/component>')
    .description('let it through against the verdict for a while; told loudly, and kept in the ledger')
    .requiredOption('--in <environment>')
    .requiredOption('--reason <text>', 'ten characters at least; all can read it')
    .option('--hours <n>', 'until it ends by itself; at most 168', wholeNumber, 24)
    .option('--subject <name>', 'only where this subject of the project is the reason')
    .action(async (text: string, options: { in: string; reason: string; hours: number; subject?: string }) => {
      const { project, component } = targetFrom(text)
      const { in: environment, reason, hours, subject } = options
      const body = { component, reason, hours, ...(subject !== undefined && { subject }) }
      const made = await connect().createGateOverride({ params: { project, environment }, body, idempotencyKey: randomUUID() }) // prettier-ignore
      show(output(), made, overrideText)
    })
  gate
    .command('overrides')
    .description('exceptions from the gate, those in force first')
    .requiredOption('--in <environment>')
    .option('--project <name>')
    .action(async (options: Project & { in: string }) => {
      const params = { project: projectFrom(options.project), environment: options.in }
      show(output(), await connect().listGateOverrides({ params }), ({ items }) =>
        items.length === 0
          ? `No exceptions in ${options.in}.`
          : table(
              ['ID', 'COMPONENT', 'SUBJECT', 'STATE', 'BY', 'ENDS', 'USED', 'REASON'],
              items.map((one) => [one.id, one.component, one.subject ?? 'all', state(one.state), one.by, one.expiresAt, String(one.uses), one.reason]),
            ),
      )
    }) // prettier-ignore
  gate
    .command('withdraw <override>')
    .description('end an exception now; what runs goes on running')
    .requiredOption('--in <environment>')
    .option('--project <name>')
    .action(async (override: string, options: Project & { in: string }) => {
      const params = { project: projectFrom(options.project), environment: options.in, override }
      await connect().withdrawGateOverride({ params })
      show(output(), params, () => `${pc.green('●')} ${override} has ended; what runs goes on running`)
    })
}

export function schemaDeployCommands(schema: Command, output: () => Output): void {
  environmentsCommand(schema, output)
  promoteCommands(schema, output)
  gateCommands(schema, output)
}
