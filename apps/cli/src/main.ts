import { Command, CommanderError } from 'commander'
import pc from 'picocolors'
import type { PlinthError } from '@plinth/client'
import { CliError } from './cli-error.ts'
import { exitCode, exitCodes, exitOfStatus } from './exit-codes.ts'
import { inert } from './output.ts'

const exitCodeHelp = [
  'Exit codes:',
  ...Object.values(exitCodes).map(([code, meaning]) => `  ${code}  ${meaning}`),
].join('\n')

type Output = () => { json: boolean }
type Add = (program: Command, output: Output) => void
type Group = { names: readonly string[]; load: () => Promise<Add> }

/** The commands by the files that have them: only what is called is loaded, all of it for the help. */
const groups: readonly Group[] = [
  { names: ['login', 'logout', 'whoami'], load: async () => (await import('./commands/session.ts')).sessionCommands },
  { names: ['token'], load: async () => (await import('./commands/people.ts')).tokenCommands },
  { names: ['create', 'projects', 'status', 'delete'], load: async () => (await import('./commands/components.ts')).componentCommands },
  { names: ['promote', 'requests', 'approve', 'merge', 'rollback', 'deploy', 'history'], load: async () => (await import('./commands/delivery.ts')).deliveryCommands },
  { names: ['restart', 'stop', 'start', 'scale', 'workloads'], load: async () => (await import('./commands/workloads.ts')).workloadCommands },
  { names: ['pipeline'], load: async () => (await import('./commands/pipelines.ts')).pipelineCommands },
  { names: ['pipeline', 'pipeline plan'], load: async () => (await import('./commands/pipeline-plan.ts')).pipelinePlanCommand },
  { names: ['tests'], load: async () => (await import('./commands/tests.ts')).testCommands },
  { names: ['logs', 'traces', 'trace'], load: async () => (await import('./commands/telemetry.ts')).telemetryCommands },
  { names: ['schema'], load: async () => (await import('./commands/schemas.ts')).schemaCommands },
  { names: ['database'], load: async () => (await import('./commands/database.ts')).databaseCommands },
  { names: ['schema'], load: async () => (await import('./commands/schema-transfer.ts')).schemaTransferCommands },
  { names: ['can-i', 'who-can', 'access'], load: async () => (await import('./commands/access.ts')).accessCommands },
  { names: ['grant', 'binding', 'role', 'freeze', 'constraint'], load: async () => (await import('./commands/grants.ts')).grantCommands },
  { names: ['user', 'group', 'service-account'], load: async () => (await import('./commands/people.ts')).peopleCommands },
  { names: ['identity-provider', 'signing-key'], load: async () => (await import('./commands/sign-in.ts')).signInCommands },
  { names: ['gateway'], load: async () => (await import('./commands/gateway.ts')).gatewayCommands },
  { names: ['audit'], load: async () => (await import('./commands/audit.ts')).auditCommands },
  { names: ['policy'], load: async () => (await import('./commands/policy.ts')).policyCommands },
  { names: ['change-set'], load: async () => (await import('./commands/change-sets.ts')).changeSetCommands },
] // prettier-ignore

/** Those that the words of the command line can mean. */
function called(words: readonly string[]): readonly Group[] {
  const [first = '', second = ''] = words.filter((word) => !word.startsWith('-'))
  const exactly = groups.filter(({ names }) => names.includes(`${first} ${second}`))
  const found = exactly.length > 0 ? exactly : groups.filter(({ names }) => names.includes(first))
  return found.length > 0 ? found : groups
}

async function program(words: readonly string[]): Promise<Command> {
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
  const output: Output = () => ({ json: plinth.opts<{ json?: boolean }>().json ?? false })
  for (const add of await Promise.all(called(words).map(({ load }) => load()))) add(plinth, output)
  return plinth
}

/** An answer of the platform; known by its name, since its class comes only with commands that ask. */
const isAnswer = (error: unknown): error is PlinthError => error instanceof Error && error.name === 'PlinthError'

/** What went wrong and what to do, on standard error; the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCode('usage')
  const say = (text: string): void => void process.stderr.write(`${inert(text)}\n`)
  if (isAnswer(error)) {
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
  await (await program(process.argv.slice(2))).parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
