import { Command, CommanderError } from 'commander'
import pc from 'picocolors'
import { PlinthError } from '@plinth/client'
import { accessCommands } from './commands/access.ts'
import { auditCommands } from './commands/audit.ts'
import { changeSetCommands } from './commands/change-sets.ts'
import { componentCommands } from './commands/components.ts'
import { databaseCommands } from './commands/database.ts'
import { deliveryCommands } from './commands/delivery.ts'
import { gatewayCommands } from './commands/gateway.ts'
import { grantCommands } from './commands/grants.ts'
import { peopleCommands, tokenCommands } from './commands/people.ts'
import { pipelineCommands } from './commands/pipelines.ts'
import { policyCommands } from './commands/policy.ts'
import { schemaTransferCommands } from './commands/schema-transfer.ts'
import { schemaCommands } from './commands/schemas.ts'
import { sessionCommands } from './commands/session.ts'
import { signInCommands } from './commands/sign-in.ts'
import { telemetryCommands } from './commands/telemetry.ts'
import { workloadCommands } from './commands/workloads.ts'
import { exitCode, exitCodes, exitOfStatus } from './exit-codes.ts'
import { inert } from './output.ts'
import { CliError } from './session.ts'

const exitCodeHelp = [
  'Exit codes:',
  ...Object.values(exitCodes).map(([code, meaning]) => `  ${code}  ${meaning}`),
].join('\n')

function program(): Command {
  const plinth = new Command('plinth')
    .description('From "I need a service with a database" to a running one.')
    .version('0.1.0')
    .option('--json', 'print JSON, for programs')
    .addHelpText(
      'after',
      `\n${exitCodeHelp}\n\nEnvironment: PLINTH_URL, PLINTH_TOKEN, PLINTH_CONFIG_DIR, NO_COLOR.\nStart here:  plinth login   then   plinth create service payments/ledger`,
    )
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .exitOverride()
  const output = (): { json: boolean } => ({ json: plinth.opts<{ json?: boolean }>().json ?? false })
  for (const add of [
    sessionCommands,
    tokenCommands,
    componentCommands,
    deliveryCommands,
    workloadCommands,
    pipelineCommands,
    telemetryCommands,
    schemaCommands,
    databaseCommands,
    schemaTransferCommands,
    accessCommands,
    grantCommands,
    peopleCommands,
    signInCommands,
    gatewayCommands,
    auditCommands,
    policyCommands,
    changeSetCommands,
  ])
    add(plinth, output)
  return plinth
}

/** What went wrong and what to do, on standard error; the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCode('usage')
  const say = (text: string): void => void process.stderr.write(`${inert(text)}\n`)
  if (error instanceof PlinthError) {
    say(`${pc.red('■')} ${error.detail}`)
    for (const { path, message } of error.errors) say(`  ${pc.bold(path)} ${message}`)
    const { required } = error.extensions
    if (required && typeof required === 'object')
      say(
        pc.dim(
          `  missing: ${Object.entries(required)
            .map(([key, value]) => `${key} ${String(value)}`)
            .join(', ')}`,
        ),
      )
    say(pc.dim(`  ${error.code}${error.requestId ? ` · request ${error.requestId}` : ''}`))
    return exitOfStatus(error.status)
  }
  say(`${pc.red('■')} ${error instanceof Error ? error.message : String(error)}`)
  return error instanceof CliError ? error.exit : exitCode('failed')
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
try {
  await program().parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
