import { randomUUID } from 'node:crypto'
import { InvalidArgumentError, type Command } from 'commander'
import pc from 'picocolors'
import { minutes, roleFrom, wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, show, table, type Output } from '../output.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../session.ts'

const constraintKinds = ['sod', 'sodMax', 'roleMax', 'rolePre'] as const
type ConstraintKind = (typeof constraintKinds)[number]

function constraintKind(text: string): ConstraintKind {
  const found = constraintKinds.find((name) => name === text)
  if (found === undefined) throw new InvalidArgumentError(`it is one of ${constraintKinds.join(', ')}`)
  return found
}

function grantCommand(program: Command, output: () => Output): void {
  program
    .command('grant <subject> <role>')
    .description('give a role: plinth grant user:ana developer --in payments')
    .requiredOption('--in <domain>', '*, a project, or project/environment')
    .option('--for <time>', 'how long: 45m, 8h, 1h30m', minutes)
    .option('--expires <time>', 'until when, RFC 3339')
    .action(async (subject: string, role: string, options: { in: string; for?: number; expires?: string }) => {
      if (options.for !== undefined && options.expires !== undefined)
        throw new CliError('Either --for or --expires.', exitCode('usage'))
      const expiresAt =
        options.for === undefined ? options.expires : new Date(Date.now() + options.for * 60_000).toISOString()
      const body = { subject, role: roleFrom(role), domain: options.in, ...(expiresAt !== undefined && { expiresAt }) }
      show(
        output(),
        await connect().createBinding({ body, idempotencyKey: randomUUID() }),
        (made) =>
          `${pc.green('●')} ${made.subject} is ${made.role} in ${made.domain}${made.expiresAt === undefined ? '' : ` until ${made.expiresAt}`} ${pc.dim(made.id)}`,
      )
    })
}

function bindingCommands(program: Command, output: () => Output): void {
  const binding = program.command('binding').description('who holds which role where: list, delete')
  binding
    .command('list')
    .description('bindings, of a subject or a domain where named')
    .option('--subject <subject>', 'user:ana, group:payments/leads, sa:payments/ci')
    .option('--in <domain>', 'a project, or project/environment')
    .action(async (options: { subject?: string; in?: string }) => {
      const query = {
        limit: 200,
        ...(options.subject !== undefined && { subject: options.subject }),
        ...(options.in !== undefined && { domain: options.in }),
      }
      show(output(), await connect().listBindings({ query }), ({ items }) =>
        items.length === 0
          ? 'No bindings.'
          : table(
              ['ID', 'WHO', 'ROLE', 'WHERE', 'UNTIL', 'BY'],
              items.map((one) => [
                one.id, one.subject, one.role, one.domain,
                `${one.expiresAt ?? 'for good'}${one.conditions === undefined ? '' : ', on conditions'}`, one.createdBy,
              ]), // prettier-ignore
            ),
      )
    })
  binding
    .command('delete <id>')
    .description('take the role away; effective at once')
    .action(async (id: string) => {
      await connect().deleteBinding({ params: { binding: id } })
      show(output(), { id, deleted: true }, () => `${pc.green('●')} ${id} is gone.`)
    })
  program
    .command('role')
    .description('roles: list')
    .command('list')
    .description('roles and what each may')
    .action(async () => {
      show(output(), await connect().listRoles(), ({ items }) =>
        items
          .map(({ name, description, rules }) =>
            [
              `${pc.bold(name)}  ${description}`,
              ...rules.map((one) => `  ${one.effect === 'deny' ? pc.red('deny ') : ''}${one.action} ${one.object}  ${pc.dim(one.domain)}`),
            ].join('\n'),
          )
          .join('\n\n'),
      ) // prettier-ignore
    })
}

function freezeCommands(program: Command, output: () => Output): void {
  const freeze = program.command('freeze').description('times without changes: list, create, end')
  freeze
    .command('list')
    .description('those of now and to come')
    .action(async () => {
      show(output(), await connect().listFreezes(), ({ items }) =>
        items.length === 0
          ? 'No freezes.'
          : table(
              ['ID', 'WHERE', 'FROM', 'UNTIL', 'BY', 'WHY'],
              items.map((one) => [one.id, one.domain, one.from, one.until, one.createdBy, one.reason]),
            ),
      )
    })
  freeze
    .command('create <domain>')
    .description('nothing is changed there until then, but by who breaks the glass')
    .requiredOption('--until <time>', 'RFC 3339')
    .option('--from <time>', 'RFC 3339; now unless given')
    .requiredOption('--reason <text>', 'why; shown to everybody whom it stops')
    .action(async (domain: string, options: { until: string; from?: string; reason: string }) => {
      const made = await connect().createFreeze({ body: { domain, ...options }, idempotencyKey: randomUUID() })
      show(output(), made, () => `${pc.green('●')} ${domain} is frozen from ${made.from} until ${made.until} ${pc.dim(made.id)}`)
    }) // prettier-ignore
  freeze
    .command('end <id>')
    .description('lift it')
    .action(async (id: string) => {
      await connect().deleteFreeze({ params: { freeze: id } })
      show(output(), { id, ended: true }, () => `${pc.green('●')} ${id} is lifted.`)
    })
}

function constraintCommands(program: Command, output: () => Output): void {
  const constraint = program.command('constraint').description('roles that nobody holds together: list, create, delete')
  constraint
    .command('list')
    .description('all of them')
    .action(async () => {
      show(output(), await connect().listConstraints(), ({ items }) =>
        items.length === 0
          ? 'No constraints.'
          : table(
              ['ID', 'KIND', 'ROLES', 'MOST', 'SINCE', 'WHY'],
              items.map((one) => [
                one.id, one.kind, one.roles.join(', '), one.max === undefined ? '' : String(one.max), ago(one.createdAt),
                one.description,
              ]), // prettier-ignore
            ),
      )
    })
  constraint
    .command('create')
    .description(
      'sod: never both; sodMax: at most --max of them; roleMax: at most --max holders; rolePre: the first needs the second',
    )
    .argument('<kind>', constraintKinds.join(', '), constraintKind)
    .argument('<roles...>', 'role:deployer, or deployer')
    .option('--max <n>', 'for sodMax and roleMax', wholeNumber)
    .option('--description <text>', 'why')
    .action(async (kind: ConstraintKind, roles: string[], options: { max?: number; description?: string }) => {
      const body = { kind, roles: roles.map(roleFrom), ...options }
      const made = await connect().createConstraint({ body, idempotencyKey: randomUUID() })
      show(output(), made, () => `${pc.green('●')} ${kind} of ${made.roles.join(', ')} holds ${pc.dim(made.id)}`)
    })
  constraint
    .command('delete <id>')
    .description('lift it')
    .action(async (id: string) => {
      await connect().deleteConstraint({ params: { constraint: id } })
      show(output(), { id, deleted: true }, () => `${pc.green('●')} ${id} is lifted.`)
    })
}

export function grantCommands(program: Command, output: () => Output): void {
  grantCommand(program, output)
  bindingCommands(program, output)
  freezeCommands(program, output)
  constraintCommands(program, output)
}
